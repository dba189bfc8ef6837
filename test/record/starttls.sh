#!/bin/bash
# TLS that begins in plain text: SMTP, IMAP and POP3 against nginx's mail proxy, FTP against vsftpd, with openssl s_client and curl.
. "$(dirname "$0")/lib.sh"
needs nginx openssl curl vsftpd
router
host client 10.20.1.15
host mail 10.20.7.25
authority
certificate mail.example.net 20250101000000Z 20351231235959Z
mkdir -p "$TMP/mail"
cat >"$TMP/mail.conf" <<END
daemon off; worker_processes 1; pid $TMP/mail.pid; error_log $TMP/mail/error.log; include /etc/nginx/modules-enabled/*.conf; events {}
mail { server_name mail.example.net; auth_http 127.0.0.1:9; ssl_certificate $TMP/mail.example.net.pem; ssl_certificate_key $TMP/mail.example.net.key; ssl_protocols TLSv1.2 TLSv1.3; starttls on;
	server { listen 25; protocol smtp; smtp_auth none; } server { listen 143; protocol imap; } server { listen 110; protocol pop3; } }
END
chmod -R a+rwX "$TMP/mail"
background mail nginx -c "$TMP/mail.conf"
listening mail 110
mkdir -p "$TMP/empty"
printf 'listen=YES\nbackground=NO\nanonymous_enable=YES\nallow_anon_ssl=YES\nanon_root=%s\nsecure_chroot_dir=%s\nssl_enable=YES\nrsa_cert_file=%s\nrsa_private_key_file=%s\nssl_ciphers=HIGH\nseccomp_sandbox=NO\nnopriv_user=nobody\nftp_username=nobody\n' \
	"$TMP/empty" "$TMP/empty" "$TMP/mail.example.net.pem" "$TMP/mail.example.net.key" >"$TMP/vsftpd.conf"
background mail vsftpd "$TMP/vsftpd.conf"
listening mail 21
tap client starttls.pcap
for p in smtp:25 imap:143 pop3:110 ftp:21; do
	for v in -tls1_2 -tls1_3; do
		sleep 1 | in_ client openssl s_client -starttls "${p%:*}" -connect "10.20.7.25:${p#*:}" -servername mail.example.net -CAfile "$TMP/ca.pem" $v >"$TMP/o" 2>&1 || true
	done
done
save starttls.pcap
