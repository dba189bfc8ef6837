#!/bin/bash
# TCP inside echo messages with ptunnel, and pings that only look odd: icmp-tunnel.sh [tunnel|honest]
# tunnel: an inside host fetches files from a web server behind the far end; honest: pings of many sizes (the path's packet size is
# looked for), a ping with a pattern, and twenty plain ones.
. "$(dirname "$0")/lib.sh"
router
host client 10.20.1.40
host far 203.0.113.40
case ${1:-tunnel} in
tunnel)
	needs ptunnel curl nginx
	host web 203.0.113.41
	web_server web <<<'server { listen 80; }'
	listening web 80
	head -c 12000 /dev/urandom >"$TMP/web/www/page"
	in_ far sysctl -qw net.ipv4.icmp_echo_ignore_all=1
	background far ptunnel
	sleep 1
	tap client icmp-tunnel.pcap
	background client ptunnel -p 203.0.113.40 -lp 8000 -da 203.0.113.41 -dp 80
	listening client 8000
	for i in 1 2 3; do in_ client curl -s -m 15 -o "$TMP/o" http://127.0.0.1:8000/page || true; sleep 1; done
	cmp -s "$TMP/o" "$TMP/web/www/page" || refuse "nothing came through the tunnel: $(tail -2 "$TMP/client.log")"
	save icmp-tunnel.pcap
	;;
honest)
	needs ping
	tap client icmp-honest.pcap
	for size in 56 100 200 400 800 1000 1200 1300 1400 1450 1460 1472; do in_ client ping -q -c 2 -i 0.2 -s $size -M do 203.0.113.40 >"$TMP/o" || true; done
	in_ client ping -q -c 15 -i 0.2 -p ff00aa55 -s 120 203.0.113.40 >"$TMP/o"
	in_ client ping -q -c 30 -i 0.2 203.0.113.40 >"$TMP/o"
	save icmp-honest.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
