#!/bin/bash
# Stratum between a miner and a pool of our own (pool.py), and a service that speaks JSON-RPC, too, but mines nothing: mining.sh [stratum|honest]
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || refuse "needs python3 (run test/record/install.sh)"
router
case ${1:-stratum} in
stratum)
	host worker 10.20.2.33; host pool 203.0.113.33
	background pool /usr/bin/python3 "$HERE/pool.py" pool 203.0.113.33 3333
	listening pool 3333
	tap worker mining.pcap
	in_ worker /usr/bin/python3 "$HERE/pool.py" miner 203.0.113.33 3333
	save mining.pcap
	;;
honest)
	host shop 10.20.2.33; host stock 10.20.3.33
	background stock /usr/bin/python3 "$HERE/pool.py" service 10.20.3.33 3333
	listening stock 3333
	tap shop mining-honest.pcap
	in_ shop /usr/bin/python3 "$HERE/pool.py" client 10.20.3.33 3333
	save mining-honest.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
