#!/bin/bash
# Servers that should not be so: TLS 1.0, TLS 1.1, an expired certificate, a self-signed one, and a cipher without encryption.
# Two or three connections to each, and two to a server that is in order and must not be named.
. "$(dirname "$0")/lib.sh"
needs openssl
router
host client 10.20.1.30
host servers 10.20.2.20 10.20.2.21 10.20.2.22 10.20.2.23 10.20.2.24 10.20.2.25
authority
certificate intranet.example.net 20250101000000Z 20351231235959Z
certificate old.example.net 20230101000000Z 20240101000000Z
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMP/self.key" -out "$TMP/self.pem" -days 3650 -subj '/CN=printer.example.net' 2>/dev/null
cd "$TMP" # s_server shows its arguments to whoever asks, and they shall name no folder
serve() { # ADDRESS CERTIFICATE s_server arguments...
	background servers openssl s_server -accept "$1:443" -cert "$2.pem" -key "$2.key" -www "${@:3}"
}
weak='ALL:eNULL:@SECLEVEL=0'
serve 10.20.2.20 intranet.example.net -tls1 -cipher "$weak"
serve 10.20.2.21 intranet.example.net -tls1_1 -cipher "$weak"
serve 10.20.2.22 old.example.net -tls1_2
serve 10.20.2.23 self -tls1_2
serve 10.20.2.24 intranet.example.net -tls1_2 -cipher 'NULL-SHA256:@SECLEVEL=0'
serve 10.20.2.25 intranet.example.net -tls1_2
sleep 1
call() { # ADDRESS NAME s_client arguments...
	printf 'GET / HTTP/1.0\r\n\r\n' | in_ client openssl s_client -quiet -connect "$1:443" -servername "$2" "${@:3}" >"$TMP/o" 2>&1 || true
}
tap client weak-tls.pcap
for _ in 1 2 3; do
	call 10.20.2.20 intranet.example.net -tls1 -cipher "$weak"
	call 10.20.2.21 intranet.example.net -tls1_1 -cipher "$weak"
	call 10.20.2.22 old.example.net
	call 10.20.2.23 printer.example.net
done
for _ in 1 2; do
	call 10.20.2.24 intranet.example.net -cipher 'NULL-SHA256:@SECLEVEL=0'
	call 10.20.2.25 intranet.example.net
done
save weak-tls.pcap
