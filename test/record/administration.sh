#!/bin/bash
# An administrator at work: administration.sh [login|fleet]
# login: logins by key and by password, one password mistyped, a file copied by scp, a session typed in for half a minute.
# fleet: short runs of one command on eight hosts by key, three times over, the way a configuration tool does.
. "$(dirname "$0")/lib.sh"
needs ssh scp sshd sshpass
router
host admin 10.20.1.5
ssh-keygen -q -t ed25519 -N '' -C '' -f "$TMP/key"
options="-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o NumberOfPasswordPrompts=1"
bykey="$options -i $TMP/key -o IdentitiesOnly=yes"
bypassword="$options -o PubkeyAuthentication=no"
case ${1:-login} in
login)
	host server 10.20.2.11
	ssh_server server 22 operator 'A-proper-1' "$TMP/key.pub"
	tap admin admin-login.pcap
	in_ admin ssh $bykey operator@10.20.2.11 'uptime; df -h /' >"$TMP/o"
	in_ admin sshpass -p 'A-porper-1' ssh $bypassword operator@10.20.2.11 true >"$TMP/o" 2>&1 || true
	in_ admin sshpass -p 'A-proper-1' ssh $bypassword operator@10.20.2.11 'cat /proc/meminfo' >"$TMP/o"
	head -c 40000 /dev/urandom >"$TMP/release.bin"
	in_ admin scp -q $bykey "$TMP/release.bin" operator@10.20.2.11:release.bin
	{
		for line in 'cd /' 'ls -la' 'ps' 'cat /proc/loadavg' 'id' 'ls /proc/sys/net' 'date' 'echo done'; do
			echo "$line"
			jitter 4 60
		done
		echo exit
	} | in_ admin ssh -tt $bykey operator@10.20.2.11 >"$TMP/o" 2>&1 || true
	save admin-login.pcap
	;;
fleet)
	for i in 1 2 3 4 5 6 7 8; do
		host "node$i" "10.20.4.$((10 + i))"
		ssh_server "node$i" 22 operator 'A-proper-1' "$TMP/key.pub"
	done
	tap admin admin-fleet.pcap
	for _ in 1 2 3; do
		for i in 1 2 3 4 5 6 7 8; do in_ admin ssh $bykey "operator@10.20.4.$((10 + i))" 'uname -r; true' >"$TMP/o"; done
		jitter 5 30
	done
	save admin-fleet.pcap admin-fleet.pcap.gz
	;;
*) refuse "unknown kind: $1" ;;
esac
