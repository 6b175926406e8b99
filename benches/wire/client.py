"""The steps of sim/alchemiser/examples/wire_client.rs with boto3: client.py ENDPOINT LATENCIES SECONDS, one line of JSON."""

import json
import statistics
import sys
import time

import boto3
from botocore.config import Config

# The name of the queue, the rule and the table, and the source of the events.
NAME = "bench-boto3"
BATCH = 10
# Polls of three seconds until a first event counts as never delivered.
POLLS = 3
# How long the last events of a burst may take, in seconds.
ARRIVAL_LIMIT = 60
ALLOW = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}


class Failed(Exception):
    """Why there is no figure."""


def client(service, endpoint):
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=4, read_timeout=12)
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


class EventPath:
    """A rule of the default bus with a queue behind it."""

    def __init__(self, endpoint):
        self.events, self.sqs = client("events", endpoint), client("sqs", endpoint)
        created = self.sqs.create_queue(QueueName=NAME, Attributes={"Policy": json.dumps({"Statement": [ALLOW]})})
        self.queue = created["QueueUrl"]
        self.events.put_rule(Name=NAME, EventPattern=json.dumps({"source": [NAME]}))
        self.events.put_targets(Rule=NAME, Targets=[{"Id": "queue", "Arn": self.attribute("QueueArn")}])

    def attribute(self, name):
        return self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=[name])["Attributes"][name]

    def put(self, count):
        def entry(number):
            detail = json.dumps({"order": number, "symbol": "AAPL", "quantity": "39.6"})
            return {"Source": NAME, "DetailType": "Placed", "Detail": detail}

        refused = self.events.put_events(Entries=[entry(number) for number in range(count)])["FailedEntryCount"]
        if refused:
            raise Failed(f"{refused} entries were refused")

    def receive(self):
        for _ in range(POLLS):
            received = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=3)
            for message in received.get("Messages", []):
                return message
        raise Failed("does not deliver")

    def median_latency(self, count):
        """From PutEvents to the message in the client's hands, in milliseconds."""
        latencies = []
        for _ in range(count):
            started = time.perf_counter()
            self.put(1)
            message = self.receive()
            latencies.append(time.perf_counter() - started)
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return statistics.median_high(latencies) * 1000

    def events_per_second(self, limit):
        """One batch after another, until all are in the queue."""
        started, sent = time.perf_counter(), 0
        while time.perf_counter() - started < limit:
            self.put(BATCH)
            sent += BATCH
        deadline = time.perf_counter() + ARRIVAL_LIMIT
        while (arrived := int(self.attribute("ApproximateNumberOfMessages"))) < sent:
            if time.perf_counter() > deadline:
                raise Failed(f"delivers {arrived} of {sent} events")
            time.sleep(0.005)
        return sent / (time.perf_counter() - started)


def puts_per_second(endpoint, limit):
    """New items, each on the condition that it is not there."""
    database = client("dynamodb", endpoint)
    create_table(database)
    started, written = time.perf_counter(), 0
    while time.perf_counter() - started < limit:
        item = {"id": {"S": f"order-{written}"}, "state": {"S": "claimed"}}
        database.put_item(TableName=NAME, Item=item, ConditionExpression="attribute_not_exists(id)")
        written += 1
    return written / (time.perf_counter() - started)


def create_table(database):
    database.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    for _ in range(100):
        if database.describe_table(TableName=NAME)["Table"]["TableStatus"] == "ACTIVE":
            return
        time.sleep(0.1)
    raise Failed("the table does not become active")


def figure(measure):
    """A number, or why there is none."""
    try:
        return measure()
    except Exception as error:
        return str(error)


def main():
    endpoint, latencies, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    figures = {}
    path = figure(lambda: EventPath(endpoint))
    if isinstance(path, str):
        figures["latency_ms"] = figures["events_per_second"] = path
    else:
        figures["latency_ms"] = figure(lambda: path.median_latency(latencies))
        delivers = isinstance(figures["latency_ms"], float)
        figures["events_per_second"] = figure(lambda: path.events_per_second(seconds)) if delivers else figures["latency_ms"]
    figures["puts_per_second"] = figure(lambda: puts_per_second(endpoint, seconds))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
