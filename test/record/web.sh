#!/bin/bash
# Attacks on a small web shop of our own (web-attacks.py), and a visitor: web.sh [sql|traversal|scan|guess|ssrf|honest|flood|load]
# ssrf: the shop shows previews of links, and is given that of its instance's metadata.
# flood: 1,080 requests of one host outside in a few seconds, at a server that soon answers 503; load: a proxy that passes on the
# requests of many, as fast, and says of each for whom it asks.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || refuse "needs python3 (run test/record/install.sh)"
router
host shop 10.20.2.90
kind=${1:-sql}
case $kind in
sql | traversal | scan | guess | ssrf | honest)
	client=203.0.113.70
	[ "$kind" = honest ] && client=203.0.113.15
	host client $client
	mkdir -p "$TMP/shop" && head -c 900 /dev/urandom >"$TMP/shop/logo.png"
	ip -n "$RUN-shop" addr add 169.254.169.254/32 dev lo
	background shop env SHOP="$TMP/shop" METADATA=169.254.169.254 /usr/bin/python3 "$HERE/web-attacks.py" serve 10.20.2.90
	listening shop 80
	tap shop "web-$kind.pcap"
	in_ client /usr/bin/python3 "$HERE/web-attacks.py" "$kind" 10.20.2.90
	save "web-$kind.pcap"
	;;
flood | load)
	needs nginx curl
	limit='limit_req zone=z burst=20 nodelay;'
	client=203.0.113.70 agent=()
	[ "$kind" = load ] && client=10.20.1.80 limit='' agent=(-H 'X-Forwarded-For: 203.0.113.15')
	host client $client
	web_server shop <<<"limit_req_zone \$server_name zone=z:1m rate=20r/s; server { listen 80; keepalive_requests 5000; location / { $limit return 200 'ok'; } }"
	listening shop 80
	tap shop "http-$kind.pcap" -s 400
	for i in 1 2; do in_ client curl -s -m 30 "${agent[@]}" -o "$TMP/o" "http://10.20.2.90/?[1-540]" & curls+=($!); done
	wait "${curls[@]}" || true
	save "http-$kind.pcap" "http-$kind.pcap.gz"
	;;
*) refuse "unknown kind: $kind" ;;
esac
