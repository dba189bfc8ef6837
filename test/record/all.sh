#!/bin/bash
# Records every scenario, several at a time (they wait more than they work), in about six minutes. Needs root. all.sh [FOLDER]
set -uo pipefail
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "all.sh: needs root, to make network namespaces" >&2; exit 2; }
[ $# = 0 ] || export OUT=$1
xargs -P 6 -I{} bash -c './{} || echo "failed: {}" >&2' <<'END'
portscan.sh slow
beacon.sh http
beacon.sh tls
beacon.sh tcp
monitoring.sh checks
ssh-brute.sh fail
ssh-brute.sh success
monitoring.sh lan
portscan.sh syn connect fin xmas null udp
hostsweep.sh tcp icmp nmap
administration.sh login
administration.sh fleet
dns-tunnel.sh resolver
dns-tunnel.sh direct
browsing.sh web
browsing.sh download
monitoring.sh backup
outbound-volume.sh
log4shell.sh plain
log4shell.sh obfuscated
log4shell.sh noise
weak-tls.sh
starttls.sh
smb.sh work old sealed
smb.sh guess tool ransom
guessing.sh ftp
guessing.sh ftp-honest
guessing.sh telnet-honest
guessing.sh database
guessing.sh database-honest
guessing.sh mysql
guessing.sh mysql-honest
guessing.sh telnet
windows.sh service
windows.sh shares
windows.sh honest
web.sh sql
web.sh traversal
web.sh scan
web.sh guess
web.sh ssrf
web.sh honest
web.sh flood
web.sh load
shell.sh reverse
shell.sh bound
shell.sh honest
mining.sh stratum
mining.sh honest
icmp-tunnel.sh tunnel
icmp-tunnel.sh honest
directory.sh sweep
directory.sh guess
directory.sh honest
kerberos.sh spray
kerberos.sh users
kerberos.sh roast
kerberos.sh honest
tor.sh relay
tor.sh honest
floods.sh syn
floods.sh slow
floods.sh masscan
floods.sh honest
END
