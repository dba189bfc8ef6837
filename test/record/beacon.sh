#!/bin/bash
# An implant that calls home with jitter, in real time: beacon.sh [http|tls|tcp]...
# http: curl every 3 s, give or take 20 %; recorded through a traffic mirror. tls: openssl s_client, 3 s ± 20 %. tcp: nc, 2 s ± 30 %.
. "$(dirname "$0")/lib.sh"
needs curl openssl nc
router
host victim 10.20.1.31
host other 10.20.2.20
host home 198.51.100.80
authority
certificate cdn.example.net 20250101000000Z 20351231235959Z
web_server home <<END
	server { listen 80; location / { return 200 "ok"; } }
	server { listen 443 ssl; ssl_certificate $TMP/cdn.example.net.pem; ssl_certificate_key $TMP/cdn.example.net.key; location / { return 200 "ok"; } }
END
listening home 443
background home nc -lk -p 4443
listening home 4443
for kind in "${@:-http}"; do
	case $kind in
	http)
		sensor
		mirror victim 4310
		tap_sensor beacon-http.pcap
		for _ in $(seq 70); do
			in_ victim curl -s -A 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)' -H 'Cookie: id=7f3a' -o "$TMP/o" http://198.51.100.80/news/update
			jitter 3 20
		done
		save beacon-http.pcap
		;;
	tls)
		tap victim beacon-tls.pcap
		for _ in $(seq 60); do
			printf 'GET /a HTTP/1.1\r\nHost: cdn.example.net\r\nConnection: close\r\n\r\n' |
				in_ victim openssl s_client -quiet -connect 198.51.100.80:443 -servername cdn.example.net -CAfile "$TMP/ca.pem" >"$TMP/o" 2>&1 || true
			jitter 3 20
		done
		save beacon-tls.pcap beacon-tls.pcap.gz
		;;
	tcp)
		tap victim beacon-tcp.pcap
		for _ in $(seq 80); do
			head -c 48 /dev/urandom | in_ victim nc -q 0 -w 2 198.51.100.80 4443 >"$TMP/o" || true
			jitter 2 30
		done
		save beacon-tcp.pcap
		;;
	*) refuse "unknown beacon: $kind" ;;
	esac
done
