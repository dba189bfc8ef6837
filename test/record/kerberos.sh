#!/bin/bash
# Kerberos with MIT's kinit and kvno against krb5kdc: kerberos.sh [spray|users|roast|honest]
# spray: one password at twelve accounts; users: names that do not exist are asked for; roast: tickets of six services under RC4, asked
# for RC4 first; honest: people sign in, one mistypes, and use two services under AES.
. "$(dirname "$0")/lib.sh"
needs krb5kdc kadmin.local kdb5_util kinit kvno
router
host kdc 10.20.0.10
mkdir -p "$TMP/kdc"
cat >"$TMP/kdc.conf" <<CONF
[kdcdefaults]
	kdc_ports = 88
	kdc_tcp_ports = 88
[realms]
	CORP.EXAMPLE = {
		database_name = $TMP/kdc/db
		key_stash_file = $TMP/kdc/stash
		acl_file = $TMP/kdc/acl
		supported_enctypes = aes256-cts:normal arcfour-hmac:normal
		master_key_type = aes256-cts
	}
CONF
conf() { # FILE LINES...: a krb5.conf
	local file=$1; shift
	printf '[libdefaults]\n\tdefault_realm = CORP.EXAMPLE\n\tdns_lookup_kdc = false\n\tdns_lookup_realm = false\n\trdns = false\n\tdns_canonicalize_hostname = false\n\tallow_weak_crypto = true\n\tudp_preference_limit = %s\n' "${PREFER:-1}" >"$file"
	[ $# = 0 ] || printf '\t%s\n' "$@" >>"$file"
	printf '[realms]\n\tCORP.EXAMPLE = {\n\t\tkdc = 10.20.0.10\n\t}\n[logging]\n\tkdc = FILE:%s/kdc/log\n' "$TMP" >>"$file"
}
conf "$TMP/krb5.conf"
conf "$TMP/rc4.conf" 'default_tgs_enctypes = arcfour-hmac aes256-cts'
export KRB5_CONFIG=$TMP/krb5.conf KRB5_KDC_PROFILE=$TMP/kdc.conf
kdb5_util create -s -P "master-$RANDOM" -r CORP.EXAMPLE >"$TMP/o" 2>&1 || refuse "kdb5_util: $(tail -2 "$TMP/o")"
{
	for i in $(seq 14); do echo "addprinc +requires_preauth -pw kept-to-itself-9$i person$i"; done
	for i in $(seq 6); do echo "addprinc -e arcfour-hmac:normal -pw Service$i MSSQLSvc/sql$i.corp.example"; done
	for s in cifs/files.corp.example HTTP/intranet.corp.example; do echo "addprinc -e aes256-cts:normal -randkey $s"; done
} | kadmin.local -r CORP.EXAMPLE >"$TMP/o" 2>&1
background kdc krb5kdc -n -r CORP.EXAMPLE
listening kdc 88
sign_in() { local h=$1 cache; cache=FILE:$TMP/cc-$h-$2; echo "$3" | in_ "$h" env KRB5CCNAME="$cache" kinit "$2" >>"$TMP/o" 2>&1; } # HOST NAME PASSWORD
use() { in_ "$1" env KRB5CCNAME="FILE:$TMP/cc-$1-$2" KRB5_CONFIG="${3:-$TMP/krb5.conf}" kvno "${@:4}" >>"$TMP/o" 2>&1; } # HOST NAME CONFIG SERVICE...
case ${1:-spray} in
spray)
	host intruder 10.20.1.66
	tap kdc kerberos-spray.pcap
	for i in $(seq 12); do sign_in intruder "person$i" 'Summer2026!' || true; done
	save kerberos-spray.pcap
	;;
users)
	host intruder 10.20.1.66
	tap kdc kerberos-users.pcap
	for name in anna ben carla david eva frank greta hans ida jan admin backup; do sign_in intruder "$name" x || true; done
	save kerberos-users.pcap
	;;
roast)
	host intruder 10.20.1.66
	tap kdc kerberos-roast.pcap
	sign_in intruder person1 kept-to-itself-91
	use intruder person1 "$TMP/rc4.conf" MSSQLSvc/sql{1..6}.corp.example
	save kerberos-roast.pcap
	;;
honest)
	host client 10.20.1.15; host other 10.20.1.16
	tap kdc kerberos-honest.pcap
	sign_in client person1 kept-to-itself-19 || true
	sleep 1
	sign_in client person1 kept-to-itself-91
	use client person1 '' cifs/files.corp.example HTTP/intranet.corp.example
	for i in 2 3 4; do
		sign_in other "person$i" "kept-to-itself-9$i"
		use other "person$i" '' cifs/files.corp.example
		sleep 1
	done
	save kerberos-honest.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
