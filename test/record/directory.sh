#!/bin/bash
# LDAP with ldapsearch against slapd: directory.sh [sweep|honest|guess]
# sweep: whole subtrees are asked for, as BloodHound and AdFind do: all users, computers and groups, accounts with a service's name, with
# delegation, with adminCount. honest: an application binds, looks for one person and one group at a time, and reads the root's entry. guess: wrong passwords for twelve people.
# The tree is filled with 60 people, 30 computers and 12 groups whose attributes have Active Directory's names.
. "$(dirname "$0")/lib.sh"
needs slapd ldapsearch ldapadd
router
host dc 10.20.0.10
mkdir -p "$TMP/db" && chmod 700 "$TMP/db"
cat >"$TMP/ad.schema" <<'SCHEMA'
attributetype ( 1.1.2.1.1 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.2.1.2 NAME 'sAMAccountType' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.2.1.3 NAME 'servicePrincipalName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.2.1.4 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.2.1.5 NAME 'adminCount' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.2.1.6 NAME 'objectCategory' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.2.1.7 NAME 'msDS-AllowedToDelegateTo' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.1.2.2.1 NAME 'user' SUP inetOrgPerson STRUCTURAL MAY ( sAMAccountName $ sAMAccountType $ servicePrincipalName $ userAccountControl $ adminCount $ objectCategory $ msDS-AllowedToDelegateTo ) )
objectclass ( 1.1.2.2.2 NAME 'computer' SUP user STRUCTURAL )
objectclass ( 1.1.2.2.3 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( sAMAccountName $ member $ adminCount $ objectCategory $ description ) )
SCHEMA
cat >"$TMP/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include $TMP/ad.schema
moduleload back_ldif
pidfile $TMP/slapd.pid
database ldif
directory $TMP/db
suffix "dc=corp,dc=example"
rootdn "cn=app,dc=corp,dc=example"
rootpw kept-to-itself-91
CONF
{
	printf 'dn: dc=corp,dc=example\nobjectClass: domain\ndc: corp\n\n'
	for ou in Users Computers Groups; do printf 'dn: ou=%s,dc=corp,dc=example\nobjectClass: organizationalUnit\nou: %s\n\n' $ou $ou; done
	for i in $(seq 60); do
		printf 'dn: cn=person%d,ou=Users,dc=corp,dc=example\nobjectClass: user\ncn: person%d\nsn: p%d\nsAMAccountName: person%d\nsAMAccountType: 805306368\nuserAccountControl: 512\nobjectCategory: person\nmail: person%d@corp.example\nuserPassword: kept-%d-%d\n' $i $i $i $i $i $((i * 7919)) $i
		[ $i -le 4 ] && printf 'servicePrincipalName: MSSQLSvc/sql%d.corp.example:1433\nadminCount: 1\n' $i
		echo
	done
	for i in $(seq 30); do printf 'dn: cn=ws%d,ou=Computers,dc=corp,dc=example\nobjectClass: computer\ncn: ws%d\nsn: w\nsAMAccountName: ws%d$\nsAMAccountType: 805306369\nuserAccountControl: 4096\nobjectCategory: computer\n\n' $i $i $i; done
	for i in $(seq 12); do printf 'dn: cn=team%d,ou=Groups,dc=corp,dc=example\nobjectClass: group\ncn: team%d\nsAMAccountName: team%d\nobjectCategory: group\nmember: cn=person%d,ou=Users,dc=corp,dc=example\n\n' $i $i $i $i; done
} >"$TMP/tree.ldif"
slapadd -q -f "$TMP/slapd.conf" -l "$TMP/tree.ldif" 2>"$TMP/o" || refuse "slapadd: $(tail -2 "$TMP/o")"
background dc slapd -d 0 -f "$TMP/slapd.conf" -h ldap://10.20.0.10
listening dc 389
app=(-D cn=app,dc=corp,dc=example -w kept-to-itself-91)
ask() { local h=$1; shift; in_ "$h" ldapsearch -x -LLL -H ldap://10.20.0.10 "$@" >>"$TMP/o" 2>&1 || true; }
case ${1:-sweep} in
sweep)
	host intruder 10.20.1.66
	tap dc ldap-sweep.pcap
	all=(ask intruder "${app[@]}" -b dc=corp,dc=example -s sub)
	"${all[@]}" '(&(objectCategory=person)(objectClass=user))' sAMAccountName mail
	"${all[@]}" '(objectClass=computer)' sAMAccountName
	"${all[@]}" '(objectCategory=group)' cn member
	"${all[@]}" '(&(objectClass=user)(servicePrincipalName=*))' sAMAccountName servicePrincipalName
	"${all[@]}" '(&(objectClass=user)(adminCount=1))' sAMAccountName
	"${all[@]}" '(msDS-AllowedToDelegateTo=*)' sAMAccountName
	"${all[@]}" '(objectClass=*)' dn
	save ldap-sweep.pcap ldap-sweep.pcap.gz
	;;
honest)
	host app 10.20.1.30
	tap dc ldap-honest.pcap
	ask app -b '' -s base '(objectClass=*)' namingContexts supportedLDAPVersion
	for i in $(seq 15); do
		ask app "${app[@]}" -b ou=Users,dc=corp,dc=example "(&(objectClass=user)(sAMAccountName=person$i))" cn mail
		ask app "${app[@]}" -b ou=Groups,dc=corp,dc=example "(&(objectClass=group)(member=cn=person$i,ou=Users,dc=corp,dc=example))" cn
		sleep 0.3
	done
	ask app "${app[@]}" -b dc=corp,dc=example '(sAMAccountName=pers*7)' cn
	save ldap-honest.pcap
	;;
guess)
	host intruder 10.20.1.66
	tap dc ldap-guess.pcap
	for i in $(seq 24); do ask intruder -D "cn=person$((i % 12 + 1)),ou=Users,dc=corp,dc=example" -w "guess$((i * 7919 % 10007))" -b dc=corp,dc=example -s base; done
	save ldap-guess.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
