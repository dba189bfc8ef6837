#!/bin/bash
# File sharing with Samba: smb.sh [work|old|sealed|guess|tool|ransom]...
# work:   an honest day with smbclient, SMB 3 in the clear: folders, files put and fetched, renamed and deleted, a mistyped password.
# old:    the same by SMB 1, as an old appliance does.
# sealed: the same, encrypted.
# guess:  hydra guesses a password; the last one is right, and the intruder then looks around.
# tool:   impacket's psexec puts its program on ADMIN$; Samba has no services to start, so that it takes it away again.
# ransom: a program reads each file of a share, writes it anew under another ending, and deletes the first.
. "$(dirname "$0")/lib.sh"
needs smbd smbclient smbpasswd hydra
router

share_server() { # HOST NEWEST-PROTOCOL READ-ONLY: Samba with the shares files and ADMIN$; the users are backup (work) and root (administrator)
	local d=$TMP/$1
	mkdir -p "$d/files/plans" "$d/admin" "$d/p" "$d/private" "$d/ncalrpc"
	chmod -R 777 "$d/files" "$d/admin"
	cat >"$d/smb.conf" <<-CONF
		[global]
		workgroup = CORP
		netbios name = FILES1
		server role = standalone server
		disable netbios = yes
		smb ports = 445
		server min protocol = NT1
		server max protocol = $2
		ntlm auth = ntlmv1-permitted
		load printers = no
		private dir = $d/private
		lock directory = $d/p
		state directory = $d/p
		cache directory = $d/p
		pid directory = $d/p
		ncalrpc dir = $d/ncalrpc
		log file = $d/log
		passdb backend = tdbsam:$d/private/passdb.tdb
		[files]
		path = $d/files
		read only = $3
		[ADMIN\$]
		path = $d/admin
		read only = no
		admin users = root
	CONF
	printf 'Kept4Files\nKept4Files\n' | smbpasswd -c "$d/smb.conf" -s -a backup >/dev/null
	printf 'Summer2026!\nSummer2026!\n' | smbpasswd -c "$d/smb.conf" -s -a root >/dev/null
	background "$1" setsid smbd -F --no-process-group -s "$d/smb.conf" # when it ends it ends its whole process group
	for _ in $(seq 50); do in_ "$1" smbclient -s "$d/smb.conf" -N -L 127.0.0.1 >/dev/null 2>&1 && return; sleep 0.1; done
	refuse "smbd did not start: $(tail -3 "$d/log")"
}

texts() { # DIRECTORY COUNT: files of four kinds
	local i
	for i in $(seq "$2"); do
		local kind=(docx xlsx pdf jpg)
		head -c $((2000 + i * 311)) /dev/urandom | base64 >"$1/report$i.${kind[$((i % 4))]}"
	done
}

client() { # HOST USER%PASSWORD [OPTIONS]: commands come from standard input
	local h=$1 u=$2; shift 2
	in_ "$h" smbclient //10.20.2.30/files -s /dev/null -U "CORP/$u" "$@" >>"$TMP/o" 2>&1 || true
}

day() { # HOST [OPTIONS]
	client "$1" backup%Kept4File "${@:2}" </dev/null
	client "$1" backup%Kept4Files "${@:2}" <<-DO
		mkdir drafts
		cd drafts
		lcd $TMP/local
		prompt off
		mput *
		ls
		rename report1.xlsx report1-final.xlsx
		get report2.pdf $TMP/got
		del report3.jpg
		allinfo report4.docx
		cd ..
		ls
	DO
	[ -s "$TMP/got" ] || refuse "smbclient fetched nothing: $(tail -3 "$TMP/o")"
}

for kind in "${@:-work}"; do
	mkdir -p "$TMP/local"
	texts "$TMP/local" 8
	server="fs-$kind"
	host "$server" 10.20.2.30
	case $kind in
	tool) share_server "$server" SMB2_10 yes ;; # impacket encrypts what can be, and takes the first share that it may write to
	*) share_server "$server" SMB3 no ;;
	esac
	host "pc-$kind" 10.20.1.40
	tap "$server" "smb-$kind.pcap" port 445
	case $kind in
	work) day "pc-$kind" -m SMB3 ;;
	old) day "pc-$kind" -m NT1 --option='client min protocol=NT1' ;;
	sealed) day "pc-$kind" -m SMB3 --client-protection=encrypt ;;
	guess)
		{ for i in $(seq 30); do echo "guess$((i * 7919 % 10007))"; done; echo 'Kept4Files'; } >"$TMP/words"
		in_ "pc-$kind" hydra -I -t 1 -l backup -P "$TMP/words" smb://10.20.2.30 >"$TMP/hydra" 2>&1 || true
		grep -q 'password: Kept4Files' "$TMP/hydra" || refuse "hydra did not find the password: $(tail -2 "$TMP/hydra")"
		client "pc-$kind" backup%Kept4Files <<<'ls'
		;;
	tool)
		in_ "pc-$kind" timeout 30 /usr/bin/python3 /usr/share/doc/python3-impacket/examples/psexec.py 'CORP/root:Summer2026!@10.20.2.30' whoami >"$TMP/psexec" 2>&1 || true
		grep -q 'Uploading file' "$TMP/psexec" || refuse "psexec put nothing: $(tail -3 "$TMP/psexec")"
		;;
	ransom)
		texts "$TMP/$server/files/plans" 24
		chmod -R 777 "$TMP/$server/files"
		mkdir -p "$TMP/stolen"
		{
			echo "lcd $TMP/stolen"
			for f in "$TMP/$server"/files/plans/*; do
				f=$(basename "$f")
				echo "get plans\\$f $f"
				echo "put $TMP/local/report1.xlsx plans\\$f.locked"
				echo "del plans\\$f"
			done
			echo "put /etc/hostname plans\\README-TO-RESTORE.txt"
		} | client "pc-$kind" backup%Kept4Files
		;;
	*) refuse "unknown scenario: $kind" ;;
	esac
	as=smb-$kind.pcap
	[ "$kind" != ransom ] || as=$as.gz
	save "smb-$kind.pcap" "$as"
	for h in "$server" "pc-$kind"; do # their addresses are the next scenario's
		for pid in $(ip netns pids "$RUN-$h"); do kill "$pid" 2>/dev/null || true; done
		ip -n "$RUN-vpc" link del "$h"
	done
done
