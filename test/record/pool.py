"""A mining pool, a miner, and beside them an honest JSON-RPC service and its client; one JSON object a line over TCP, as Stratum has it.

pool.py pool|miner|service|client ADDRESS PORT
"""
import hashlib
import json
import socket
import sys
import time


def lines(sock):
    for line in sock.makefile("r", encoding="utf-8"):
        yield json.loads(line)


def send(sock, **message):
    sock.sendall((json.dumps(message) + "\n").encode())


def job(n):
    digest = hashlib.sha256(str(n).encode()).hexdigest()
    return [f"{n:x}", digest, digest[:60], digest[4:40], [digest], "20000000", "1d00ffff", f"{int(time.time()):x}", True]


def pool(sock):
    send_job = lambda n: send(sock, id=None, method="mining.notify", params=job(n))
    n = 0
    for m in lines(sock):
        if m["method"] == "mining.subscribe":
            send(sock, id=m["id"], result=[[["mining.set_difficulty", "1"], ["mining.notify", "1"]], "08000002", 4], error=None)
        elif m["method"] == "mining.authorize":
            send(sock, id=m["id"], result=True, error=None)
            send(sock, id=None, method="mining.set_difficulty", params=[1024])
            send_job(n)
        elif m["method"] == "mining.submit":
            send(sock, id=m["id"], result=True, error=None)
            n += 1
            send_job(n)


def miner(sock):
    answers = lines(sock)
    send(sock, id=1, method="mining.subscribe", params=["cpuminer/2.5.1"])
    next(answers)
    send(sock, id=2, method="mining.authorize", params=["44AFFq5kSiGBoZ.worker1", "x"])
    asked = 2
    for m in answers:
        if m.get("method") != "mining.notify":
            continue
        if asked > 20:
            return
        time.sleep(0.8)
        asked += 1
        send(sock, id=asked, method="mining.submit", params=["44AFFq5kSiGBoZ.worker1", m["params"][0], "00000001", m["params"][7], f"{asked * 7919:08x}"])


def service(sock):
    for m in lines(sock):
        send(sock, id=m["id"], result={"stock": len(m["params"]), "at": int(time.time())}, error=None)


def client(sock):
    answers = lines(sock)
    for n in range(20):
        send(sock, id=n, method="stock.lookup", params=[f"article-{n}"])
        next(answers)
        time.sleep(0.4)


def main(role, address, port):
    if role in ("pool", "service"):
        server = socket.create_server((address, int(port)))
        while True:
            sock, _ = server.accept()
            with sock:
                (pool if role == "pool" else service)(sock)
    with socket.create_connection((address, int(port)), timeout=10) as sock:
        (miner if role == "miner" else client)(sock)


main(*sys.argv[1:])
