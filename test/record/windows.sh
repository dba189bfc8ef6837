#!/bin/bash
# What intruders do to Windows hosts over SMB, done by impacket and smbclient to Samba, and what an office does all day: windows.sh [SCENE]
# service: impacket's services.py asks for a service to be made and started (Samba makes none); shares: every usual share is tried, users
# and groups are listed; honest: a person lists the shares of one server, reads, writes and deletes files on one of them.
. "$(dirname "$0")/lib.sh"
. "$HERE/samba.sh"
needs smbd smbpasswd smbclient
EXAMPLES=/usr/share/doc/python3-impacket/examples
[ -f $EXAMPLES/services.py ] || refuse "needs python3-impacket (run test/record/install.sh)"
impacket() { local h=$1 tool=$2; shift 2; in_ "$h" timeout 40 /usr/bin/python3 $EXAMPLES/"$tool".py "$@" >>"$TMP/impacket" 2>&1 </dev/null || true; }
router
host files 10.20.2.45
[ "${1:-service}" = honest ] || SMB_MAX=SMB2_10 # impacket encrypts where it can: then only the log-in is seen
samba files alice 'Summer2026!'
case ${1:-service} in
service)
	host intruder 10.20.1.66
	tap files smb-service.pcap
	impacket intruder services 'Administrator:Summer2026!@10.20.2.45' create -name helper -display helper -path 'cmd.exe /c whoami'
	impacket intruder services 'Administrator:Summer2026!@10.20.2.45' start -name helper
	save smb-service.pcap
	;;
shares)
	host intruder 10.20.1.66
	tap files smb-enumeration.pcap
	in_ intruder smbclient -t 5 -U 'alice%Summer2026!' -L 10.20.2.45 >"$TMP/o" 2>&1 || true
	for share in 'ADMIN$' 'C$' 'D$' 'IPC$' work backup users; do
		in_ intruder smbclient -t 5 -U 'alice%Summer2026!' "//10.20.2.45/$share" -c ls >"$TMP/o" 2>&1 || true
	done
	impacket intruder samrdump 'alice:Summer2026!@10.20.2.45'
	in_ intruder rpcclient -U 'alice%Summer2026!' 10.20.2.45 -c 'enumdomgroups;enumalsgroups builtin;lsaenumsid;netsessenum' >"$TMP/o" 2>&1 || true
	save smb-enumeration.pcap smb-enumeration.pcap.gz
	;;
honest)
	host client 10.20.1.15
	head -c 9000 /dev/urandom >"$TMP/samba/work/plan.docx"
	head -c 7000 /dev/urandom >"$TMP/report.xlsx"
	chmod 666 "$TMP/samba/work/plan.docx"
	tap client smb-honest.pcap
	in_ client smbclient -t 5 -U 'alice%Sumer2026!' //10.20.2.45/work -c ls >"$TMP/o" 2>&1 || true
	in_ client smbclient -t 5 -U 'alice%Summer2026!' -L 10.20.2.45 >"$TMP/o" 2>&1
	in_ client smbclient -t 5 -U 'alice%Summer2026!' //10.20.2.45/work -c "ls; get plan.docx $TMP/got; mkdir drafts; cd drafts; put $TMP/report.xlsx report.xlsx; rename report.xlsx final.xlsx; ls; del final.xlsx" >"$TMP/o" 2>&1
	save smb-honest.pcap smb-honest.pcap.gz
	;;
*) refuse "unknown scene: $1" ;;
esac
