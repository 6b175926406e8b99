"""A custom runtime that does what its events, and before them its BEHAVIOUR, tell it to."""

import http.client
import json
import os
import sys
import time

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None, headers=None):
    api.request(method, f"/2018-06-01/runtime/{path}", body, headers or {})
    answer = api.getresponse()
    return answer.status, answer.headers, answer.read().decode()


behaviour = os.environ.get("BEHAVIOUR")
if behaviour == "init error":
    print("about to give up", file=sys.stderr, flush=True)
    call("POST", "init/error", json.dumps({"errorType": "NoKey", "errorMessage": "KEY is not set"}))
    sys.exit(1)
elif behaviour == "init exit":
    sys.exit(7)
elif behaviour == "init hang":
    time.sleep(60)

handled = 0
while True:
    status, headers, payload = call("GET", "invocation/next")
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(payload)
    handled += 1
    print(f"event {handled}: {payload}", flush=True)
    do = event.get("do")
    if do == "exit":
        sys.exit(event["code"])
    elif do == "die":
        os.kill(os.getpid(), event["signal"])
    elif do == "hang":
        time.sleep(60)
    elif do == "fail":
        call("POST", f"invocation/{request_id}/error", json.dumps({"errorType": "Parcel", "errorMessage": "lost"}))
    elif do == "fail badly":
        call("POST", f"invocation/{request_id}/error", "not JSON", {"Lambda-Runtime-Function-Error-Type": "Raw"})
    elif do == "answer much":
        status, _, _ = call("POST", f"invocation/{request_id}/response", json.dumps("x" * 7_000_000))
        print(f"refused with {status}", flush=True)
    elif do == "answer another":
        status, _, body = call("POST", "invocation/another-request/response", "{}")
        answer = {"status": status, "body": json.loads(body)}
        call("POST", f"invocation/{request_id}/response", json.dumps(answer))
    elif do == "ask twice":
        status, _, body = call("GET", "invocation/next")
        answer = {"status": status, "body": json.loads(body)}
        call("POST", f"invocation/{request_id}/response", json.dumps(answer))
    else:
        answer = {
            "handled": handled,
            "event": event,
            "headers": {name.lower(): value for name, value in headers.items() if name.lower().startswith("lambda-")},
            "environment": dict(os.environ),
        }
        call("POST", f"invocation/{request_id}/response", json.dumps(answer))
        if do == "answer and exit":
            sys.exit(0)
