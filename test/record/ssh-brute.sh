#!/bin/bash
# Password guessing with hydra against sshd: ssh-brute.sh [fail|success]...
# fail: port 22, from inside, attacker and server both mirrored, so every packet arrives under two VNIs.
# success: port 2222, from outside; the last password is the right one, and the intruder then logs in.
. "$(dirname "$0")/lib.sh"
needs hydra sshpass ssh sshd
router
words() { for i in $(seq "$1"); do echo "guess$((i * 7919 % 10007))"; done; }
for kind in "${@:-fail}"; do
	case $kind in
	fail)
		host insider 10.20.1.66
		host server 10.20.2.10
		ssh_server server 22 ubuntu 'kept-to-itself-91'
		words 45 >"$TMP/words"
		sensor
		mirror insider 101
		mirror server 102
		tap_sensor ssh-brute-two-vnis.pcap
		in_ insider hydra -I -t 4 -l ubuntu -P "$TMP/words" ssh://10.20.2.10 >"$TMP/hydra" 2>&1 || true
		save ssh-brute-two-vnis.pcap ssh-brute-two-vnis.pcap.gz
		;;
	success)
		host outsider 203.0.113.99
		host bastion 10.20.2.22
		ssh_server bastion 2222 deploy 'Summer2026!'
		{ words 40; echo 'Summer2026!'; } >"$TMP/words"
		tap bastion ssh-brute-success.pcap
		in_ outsider hydra -I -t 4 -l deploy -P "$TMP/words" ssh://10.20.2.22:2222 >"$TMP/hydra" 2>&1 || true
		grep -q 'password: Summer2026!' "$TMP/hydra" || refuse "hydra did not find the password: $(tail -2 "$TMP/hydra")"
		in_ outsider sshpass -p 'Summer2026!' ssh -F /dev/null -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR deploy@10.20.2.22 'id; uname -s; ls -la /; sleep 1; cat /proc/cpuinfo' >"$TMP/o"
		save ssh-brute-success.pcap ssh-brute-success.pcap.gz
		;;
	*) refuse "unknown outcome: $kind" ;;
	esac
done
