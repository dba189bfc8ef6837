#!/bin/bash
# Floods and fast scans: floods.sh [syn|slow|masscan|honest]
# syn: hping3, 1,500 SYN in some seconds from addresses that it makes up, at a web server; slow: slowhttptest holds 120 connections to nginx
# half open with headers that never end; masscan: one port over a /24. honest: 300 short requests, all answered, from five clients.
. "$(dirname "$0")/lib.sh"
router
case ${1:-syn} in
syn)
	needs hping3 nginx
	host web 10.20.2.91
	host intruder 203.0.113.71
	web_server web <<<'server { listen 80; }'
	listening web 80
	tap web syn-flood.pcap -s 96
	in_ intruder hping3 -q -S -p 80 -i u3000 -c 1500 --rand-source 10.20.2.91 >"$TMP/o" 2>&1 || true
	save syn-flood.pcap syn-flood.pcap.gz
	;;
slow)
	needs slowhttptest nginx
	host web 10.20.2.91
	host intruder 203.0.113.71
	web_server web <<<'client_header_timeout 60s; server { listen 80; }'
	listening web 80
	tap web slow-http.pcap -s 400
	(cd "$TMP" && in_ intruder slowhttptest -c 120 -H -i 5 -r 40 -l 30 -u http://10.20.2.91/ >"$TMP/o" 2>&1) || true
	save slow-http.pcap slow-http.pcap.gz
	;;
masscan)
	needs masscan
	host intruder 10.20.1.66
	host hosts 10.20.3.{10..20}
	ip -n "$RUN-vpc" route add 10.20.3.0/24 dev hosts # so that the empty addresses are asked, too
	tap intruder masscan.pcap
	in_ intruder masscan --interface eth0 --adapter-ip 10.20.1.66 --router-mac "$(in_ vpc cat /sys/class/net/intruder/address)" --rate 120 --wait 2 -p 3389 10.20.3.0/24 >"$TMP/o" 2>&1 </dev/null || true
	save masscan.pcap
	;;
honest)
	needs nginx curl
	host web 10.20.2.91
	host clients 203.0.113.{11..15}
	web_server web <<<'server { listen 80; location / { return 200 "ok\n"; } }'
	listening web 80
	tap web busy-web.pcap -s 200
	for i in $(seq 60); do for c in 11 12 13 14 15; do in_ clients curl -s -m 5 --interface 203.0.113.$c -o "$TMP/o" http://10.20.2.91/ & done; wait -n || true; done
	sleep 1
	save busy-web.pcap busy-web.pcap.gz
	;;
*) refuse "unknown kind: $1" ;;
esac
