#!/bin/bash
# Ordinary use of the web: browsing.sh [web|download]
# web: names looked up through dnsmasq, several sites over HTTP and TLS 1.2 and 1.3 with certificates of an authority, keep-alive,
# redirects, chunked answers, a form, pauses of reading. download: 3 MB over HTTP, cut at 128 bytes, at nanosecond precision.
. "$(dirname "$0")/lib.sh"
needs curl nginx dnsmasq dig
router
host client 10.20.1.15
host resolver 10.20.0.2
host sites 203.0.113.10 203.0.113.11 203.0.113.12
authority
names='www.example.com static.example.com news.example.org shop.example.net'
for n in $names; do certificate "$n" 20250101000000Z 20351231235959Z; done
mkdir -p "$TMP/sites/www"
for i in 1 2 3 4 5 6; do seq 1 $((i * 150)) >"$TMP/sites/www/page$i.html"; done
head -c 3000000 /dev/urandom >"$TMP/sites/www/package.deb"
web_server sites <<END
	gzip on; gzip_types text/html; gzip_min_length 100;
	server { listen 80 default_server; location = /old { return 301 http://news.example.org/page2.html; } }
	$(for n in $names; do echo "server { listen 443 ssl http2; server_name $n; ssl_certificate $TMP/$n.pem; ssl_certificate_key $TMP/$n.key; ssl_protocols TLSv1.2 TLSv1.3; }"; done)
END
listening sites 443
background resolver dnsmasq -k -C /dev/null -R -h -u root -x "$TMP/dnsmasq.pid" --listen-address=10.20.0.2 --bind-interfaces \
	--address=/www.example.com/203.0.113.10 --address=/static.example.com/203.0.113.11 --address=/news.example.org/203.0.113.12 --address=/shop.example.net/203.0.113.12
echo 'nameserver 10.20.0.2' | etc client resolv.conf
sleep 0.5
get() { in_ client curl -s -m 20 -o /dev/null -A 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' --cacert "$TMP/ca.pem" "$@" || true; }
case ${1:-web} in
web)
	tap client browsing.pcap
	for _ in 1 2 3; do
		get https://www.example.com/page1.html
		get https://static.example.com/page[1-4].html
		get --http1.1 --compressed -L http://news.example.org/old
		sleep $((RANDOM % 4 + 1))
		get --http1.1 http://news.example.org/page[2-5].html
		get --tls-max 1.2 https://shop.example.net/page3.html
		get --tls-max 1.2 --http1.1 -d 'item=4&count=2' https://shop.example.net/cart
		sleep $((RANDOM % 7 + 2))
		get --http1.1 -e http://news.example.org/page2.html http://news.example.org/missing
		in_ client dig +short www.example.com AAAA >"$TMP/o"
		sleep $((RANDOM % 3))
	done
	save browsing.pcap browsing.pcapng
	;;
download)
	tap client download.pcap -s 128 --time-stamp-precision=nano
	get http://news.example.org/package.deb
	save download.pcap
	;;
*) refuse "unknown kind: $1" ;;
esac
