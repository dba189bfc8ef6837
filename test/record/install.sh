#!/bin/bash
# Installs the programs that the scenarios run, on Debian bookworm. Needs root; starts none of their services.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "install.sh: needs root" >&2; exit 2; }
export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends iproute2 ethtool tcpdump tshark nmap fping iputils-ping hydra openssh-server sshpass \
	iodine nginx-light libnginx-mod-mail vsftpd curl openssl bind9-dnsutils dnsmasq-base ldap-utils slapd netcat-openbsd chrony \
	udhcpc avahi-daemon avahi-utils rsync samba smbclient python3-impacket \
	postgresql mariadb-server mariadb-client telnet inetutils-telnetd socat krb5-kdc krb5-admin-server krb5-user slowhttptest hping3 masscan ptunnel tor python3
