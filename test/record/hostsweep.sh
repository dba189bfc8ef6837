#!/bin/bash
# Host sweeps of a /24 where six hosts exist: hostsweep.sh [tcp|icmp|nmap]...
# The TCP sweep is recorded as the sensor of a traffic mirror sees it (VXLAN, one VNI).
. "$(dirname "$0")/lib.sh"
needs nmap fping
router
host insider 10.20.1.77
host some 10.20.3.10 10.20.3.11 10.20.3.25 10.20.3.80 10.20.3.120 10.20.3.200
sensor
web_server some <<<'server { listen 445; }'
listening some 445
for kind in "${@:-tcp}"; do
	case $kind in
	tcp)
		mirror insider 4201
		tap_sensor hostsweep-tcp.pcap
		in_ insider nmap -n -Pn -sS -p 445 --max-retries 1 -T4 10.20.3.0/24 >>"$TMP/nmap.log"
		save hostsweep-tcp.pcap
		;;
	icmp)
		tap insider hostsweep-icmp.pcap
		in_ insider fping -q -r 0 -i 5 -t 200 -g 10.20.3.0/24 >>"$TMP/fping.log" 2>&1 || true
		save hostsweep-icmp.pcap
		;;
	nmap) # nmap's own host discovery: echo, timestamp, SYN 443, ACK 80
		tap insider hostsweep-discovery.pcap -s 96
		in_ insider nmap -n -sn -T4 10.20.3.0/25 >>"$TMP/nmap.log"
		save hostsweep-discovery.pcap
		;;
	*) refuse "unknown sweep: $kind" ;;
	esac
done
