"""What both scripts share: a client for each service, and checks that are counted. A script ends with done()."""
import json
import os
import re
import sys

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

stage = json.loads(os.environ["STAGE"])
failures = []
counted = {"checks": 0}


# What botocore would refuse by itself is sent all the same, since it is the imitation that is held to its answers.
def client(service, endpoint=None, credentials=None, region=None):
    key = credentials or {"AccessKeyId": stage["key"], "SecretAccessKey": "not verified", "SessionToken": None}
    return boto3.client(
        service, endpoint_url=endpoint or stage["endpoint"], region_name=region or stage["region"],
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key["SessionToken"],
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=20))


def plain(answer):
    """An answer without what botocore adds of HTTP, and with ids that are made at random as their prefix."""
    if isinstance(answer, dict):
        return {k: plain(v) for k, v in answer.items() if k != "ResponseMetadata"}
    if isinstance(answer, list):
        return [plain(v) for v in answer]
    if isinstance(answer, str):
        return re.sub(r"\b(tm[fst]r?|i|eni|eni-attach|r)-0[0-9a-f]{16}\b", r"\1-#", answer)
    return answer


def check(what, got, want):
    counted["checks"] += 1
    if got != want:
        failures.append(f"{what}:\n  got  {got!r}\n  want {want!r}")


def refused(what, code, status, call, **args):
    """The call must fail, with AWS's code and HTTP status."""
    try:
        answer = call(**args)
    except ClientError as e:
        check(what, (e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"]), (code, status))
        check(what + ": has a message", bool(e.response["Error"].get("Message")), True)
        return
    check(what, plain(answer), code)


def done():
    for failure in failures:
        print(failure)
    print(f"botocore {botocore.__version__}: {counted['checks']} checks, {len(failures)} failed")
    sys.exit(1 if failures else 0)
