#!/bin/bash
# Port scans with nmap, one capture a kind: portscan.sh [syn|connect|fin|xmas|null|udp|slow]...
# A compromised host scans a neighbour; the connect scan comes from outside.
. "$(dirname "$0")/lib.sh"
needs nmap
router
host insider 10.20.1.66
host outsider 203.0.113.66
host server 10.20.2.10
web_server server <<<'server { listen 80; } server { listen 8080; }'
listening server 80
scan() { # FILE HOST nmap arguments...
	tap server "$1" -s 96
	in_ "$2" nmap -n -Pn "${@:3}" 10.20.2.10 >>"$TMP/nmap.log"
	save "$1"
}
for kind in "${@:-syn}"; do
	case $kind in
	syn) scan portscan-syn.pcap insider -sS -T4 --top-ports 500 ;;
	connect) scan portscan-connect.pcap outsider -sT -T4 --top-ports 400 ;;
	fin) scan portscan-fin.pcap insider -sF -T4 --top-ports 200 ;;
	xmas) scan portscan-xmas.pcap insider -sX -T4 --top-ports 200 ;;
	null) scan portscan-null.pcap insider -sN -T4 --top-ports 200 ;;
	udp) scan portscan-udp.pcap insider -sU -T4 --max-retries 1 --top-ports 100 ;;
	slow) scan portscan-slow.pcap insider -sS --scan-delay 1s --max-retries 0 --top-ports 220 ;;
	*) refuse "unknown scan: $kind" ;;
	esac
done
