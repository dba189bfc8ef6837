#!/bin/bash
# A network that looks after itself: monitoring.sh [checks|backup|lan]
# checks: pings of ten hosts, a health check of two web servers every three seconds, and NTP from chrony, for two minutes; recorded
# through a traffic mirror. backup: a 60 MB copy inside the network, cut at 100 bytes. lan: DHCP and multicast DNS on one link.
. "$(dirname "$0")/lib.sh"
needs curl nginx fping chronyd dnsmasq udhcpc avahi-daemon
case ${1:-checks} in
checks)
	router
	host monitor 10.20.1.9
	host hosts 10.20.5.{1..10}
	host clock 10.20.0.4
	web_server hosts <<<'server { listen 80; location /healthz { return 200 "ok\n"; } }'
	printf 'local stratum 8\nallow 10.20.0.0/16\ncmdport 0\nport 123\n' >"$TMP/clock.conf"
	printf 'server 10.20.0.4 iburst minpoll 3 maxpoll 4\ncmdport 0\nport 0\n' >"$TMP/client.conf"
	background clock bash -c "mount -t tmpfs tmpfs /run; exec chronyd -d -x -u root -f $TMP/clock.conf"
	sleep 1
	sensor
	mirror monitor 77
	tap_sensor monitoring.pcap
	background monitor bash -c "mount -t tmpfs tmpfs /run; exec chronyd -d -x -u root -f $TMP/client.conf"
	for i in $(seq 40); do
		in_ monitor curl -s -m 2 -A 'health-check/1' -o "$TMP/o" http://10.20.5.1/healthz
		in_ monitor curl -s -m 2 -A 'health-check/1' -o "$TMP/o" http://10.20.5.2/healthz
		[ $((i % 5)) = 0 ] && in_ monitor fping -q -c 1 10.20.5.{1..10} >"$TMP/o" 2>&1
		sleep 3
	done
	save monitoring.pcap
	;;
backup)
	router
	host database 10.20.2.50
	host vault 10.20.6.6
	for e in "vpc database" "vpc vault" "database eth0" "vault eth0"; do
		set -- $e
		in_ "$1" ethtool -K "$2" tso on gso on gro on tx on >/dev/null 2>&1
		ip -n "$RUN-$1" link set "$2" gso_max_segs 65535
	done
	background vault bash -c "nc -l -p 873 >/dev/null"
	listening vault 873
	tap database backup.pcap -s 80
	head -c 60000000 /dev/zero | in_ database nc -q 1 10.20.6.6 873
	save backup.pcap backup.pcap.gz
	;;
lan)
	namespace gateway
	namespace laptop
	ip -n "$RUN-gateway" link add eth0 type veth peer name eth0 netns "$RUN-laptop"
	ip -n "$RUN-gateway" addr add 10.20.9.1/24 dev eth0
	ip -n "$RUN-gateway" link set eth0 up
	ip -n "$RUN-laptop" link set eth0 up
	background gateway dnsmasq -k -C /dev/null -p 0 -u root -x "$TMP/dnsmasq.pid" -l "$TMP/leases" --dhcp-authoritative --dhcp-range=10.20.9.50,10.20.9.60,2m \
		--dhcp-option=option:domain-name,lan.example --interface=eth0
	printf '#!/bin/sh\n[ "$1" = bound ] && ip addr add "$ip/24" dev "$interface"; exit 0\n' >"$TMP/bound"
	chmod +x "$TMP/bound"
	sleep 1
	record gateway eth0 lan.pcap
	background laptop udhcpc -f -i eth0 -s "$TMP/bound" -x hostname:laptop7
	for n in gateway laptop; do
		printf '[server]\nhost-name=%s\nuse-ipv6=no\nenable-dbus=no\nallow-interfaces=eth0\n[publish]\npublish-workstation=yes\n' "$n" >"$TMP/$n.conf"
	done
	sleep 5
	for n in gateway laptop; do
		background "$n" bash -c "mount -t tmpfs tmpfs /run; exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f $TMP/$n.conf"
	done
	sleep 8
	in_ laptop dig +short +time=2 +tries=1 @224.0.0.251 -p 5353 gateway.local >"$TMP/o" 2>&1 || true
	sleep 55 # half the lease: it is renewed
	save lan.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
