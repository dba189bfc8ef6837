#!/bin/bash
# Tor's handshake, without Tor's network: tor.sh [relay|honest]
# relay: a client is given a bridge of our own and opens TLS to it, anew each time it is started, as an implant does; the bridge knows no
# other relay, so nothing travels further. honest: curl asks a web server of ours by names, over TLS, just as often.
. "$(dirname "$0")/lib.sh"
router
host client 10.20.1.50
host far 203.0.113.90
case ${1:-relay} in
relay)
	needs tor
	: >"$TMP/torrc"
	common=(--DisableDebuggerAttachment 1 --Log 'notice stdout' --AvoidDiskWrites 1 --DirAuthority "none orport=9101 v3ident=$(printf 'A%.0s' {1..40}) 203.0.113.91:9131 $(printf 'B%.0s' {1..40})")
	background far tor -f "$TMP/torrc" --defaults-torrc "$TMP/torrc" --DataDirectory "$TMP/bridge" --ORPort 203.0.113.90:9001 --SocksPort 0 --BridgeRelay 1 --PublishServerDescriptor 0 --AssumeReachable 1 --ExitRelay 0 --Nickname ours "${common[@]}"
	listening far 9001
	for _ in $(seq 50); do [ -s "$TMP/bridge/fingerprint" ] && break; sleep 0.2; done
	print=$(awk '{print $2}' "$TMP/bridge/fingerprint")
	tap client tor.pcap
	for i in 1 2 3 4 5; do
		in_ client timeout 12 tor -f "$TMP/torrc" --defaults-torrc "$TMP/torrc" --DataDirectory "$TMP/client$i" --SocksPort 9050 --UseBridges 1 --Bridge "203.0.113.90:9001 $print" "${common[@]}" >>"$TMP/o" 2>&1 || true
	done
	save tor.pcap tor.pcap.gz
	;;
honest)
	needs curl nginx
	authority
	for name in www.example.com www.example.net www.example.org; do
		certificate $name "$(date -u -d '-20 days' +%Y%m%d%H%M%SZ)" "$(date -u -d '+70 days' +%Y%m%d%H%M%SZ)"
		echo "server { listen 443 ssl; server_name $name; ssl_certificate $TMP/$name.pem; ssl_certificate_key $TMP/$name.key; }"
	done >"$TMP/sites"
	web_server far <"$TMP/sites"
	listening far 443
	echo hello >"$TMP/far/www/index.html"
	tap client tor-honest.pcap
	for i in 1 2 3 4 5; do
		for name in www.example.com www.example.net www.example.org; do in_ client curl -sk -m 5 --resolve "$name:443:203.0.113.90" -o "$TMP/o" "https://$name/"; done
		sleep 1
	done
	save tor-honest.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
