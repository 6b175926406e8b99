"""The simulated cloud through boto3: what real clients see of it. WIRE_ENDPOINT says where it listens."""

import json
import os
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["WIRE_ENDPOINT"]
ROLE = "arn:aws:iam::123456789012:role/anyone"
CONFIG = Config(retries={"max_attempts": 1}, read_timeout=60)


def client(service):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=CONFIG,
    )


def post(path, body=None):
    request = urllib.request.Request(ENDPOINT + path, data=json.dumps(body or {}).encode(), method="POST")
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def get(path):
    with urllib.request.urlopen(ENDPOINT + path) as response:
        return response.read().decode()


def advance(seconds):
    return post("/_sim/clock/advance", {"seconds": seconds})


def now():
    return datetime.fromisoformat(json.loads(get("/_sim/clock"))["now"].replace("Z", "+00:00"))


def allow(*services):
    principals = {"Service": list(services)}
    statement = {"Effect": "Allow", "Principal": principals, "Action": "sqs:SendMessage", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class WireTest(unittest.TestCase):
    def setUp(self):
        post("/_sim/reset")
        self.events, self.sqs = client("events"), client("sqs")
        self.scheduler, self.dynamodb, self.functions = client("scheduler"), client("dynamodb"), client("lambda")

    def queue(self, name, **attributes):
        url = self.sqs.create_queue(QueueName=name, Attributes={"Policy": allow("events.amazonaws.com"), **attributes})["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def receive(self, url, wait=5):
        return self.sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages", [])

    def bus(self, queue_arn, **target):
        arn = self.events.create_event_bus(Name="orders")["EventBusArn"]
        self.events.put_rule(Name="placed", EventBusName="orders", EventPattern=json.dumps({"detail-type": ["Placed"]}))
        target = {"Id": "queue", "Arn": queue_arn, **target}
        self.assertEqual(self.events.put_targets(Rule="placed", EventBusName="orders", Targets=[target])["FailedEntryCount"], 0)
        return arn

    def put(self, detail_type="Placed", **detail):
        entry = {"EventBusName": "orders", "Source": "shop", "DetailType": detail_type, "Detail": json.dumps(detail)}
        return self.events.put_events(Entries=[entry])["Entries"][0]["EventId"]

    def refused(self, code, call, message=None):
        with self.assertRaises(ClientError) as caught:
            call()
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        if message is not None:
            self.assertEqual(caught.exception.response["Error"]["Message"], message)
        return caught.exception

    def test_an_event_reaches_the_queue_that_a_rule_names(self):
        url, arn = self.queue("placed")
        self.bus(arn)
        event_id = self.put(number=1)
        self.put(detail_type="Cancelled")
        messages = self.receive(url)
        self.assertEqual([json.loads(message["Body"])["id"] for message in messages], [event_id])
        self.assertEqual(json.loads(messages[0]["Body"])["detail"], {"number": 1})
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        advance(60)
        self.assertEqual(self.receive(url, wait=0), [])

    def test_a_target_that_is_gone_is_given_up_to_the_dead_letter_queue(self):
        dead_url, dead_arn = self.queue("dead")
        url, arn = self.queue("placed")
        self.bus(arn, DeadLetterConfig={"Arn": dead_arn}, RetryPolicy={"MaximumRetryAttempts": 0})
        self.sqs.delete_queue(QueueUrl=url)
        event_id = self.put(number=2)
        (letter,) = self.receive(dead_url)
        self.assertEqual(json.loads(letter["Body"])["id"], event_id)
        self.assertEqual(letter["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE")

    def test_a_queue_without_a_policy_takes_nothing_from_a_rule(self):
        url = self.sqs.create_queue(QueueName="closed")["QueueUrl"]
        self.bus("arn:aws:sqs:us-east-1:123456789012:closed")
        self.put()
        advance(1)
        self.assertEqual(self.receive(url, wait=0), [])
        self.assertIn('"outcome":"NO_PERMISSIONS"', get("/_sim/journal"))

    def test_a_topic_delivers_what_a_filter_policy_wants(self):
        sns = client("sns")
        topic = sns.create_topic(Name="news", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
        self.assertEqual(sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "a", "Value": "b"}])
        url = self.sqs.create_queue(QueueName="readers", Attributes={"Policy": allow("sns.amazonaws.com")})["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"FilterPolicy": json.dumps({"kind": ["order"]})}
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=policy)["SubscriptionArn"]
        kind = lambda text: {"kind": {"DataType": "String", "StringValue": text}}
        sns.publish(TopicArn=topic, Message="no", MessageAttributes=kind("noise"))
        sent = sns.publish(TopicArn=topic, Message="yes", Subject="News", MessageAttributes=kind("order"))
        advance(1)
        (message,) = self.receive(url, wait=0)
        told = json.loads(message["Body"])
        self.assertEqual((told["MessageId"], told["Message"], told["Subject"]), (sent["MessageId"], "yes", "News"))
        sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
        batch = [{"Id": name, "Message": name, "MessageAttributes": kind("order")} for name in ("a", "b")]
        answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["a", "b"])
        advance(1)
        self.assertEqual(sorted(message["Body"] for message in self.receive(url, wait=0)), ["a", "b"])
        self.assertEqual(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"], "1")
        self.assertEqual(len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]), 1)
        with self.assertRaises(sns.exceptions.NotFoundException):
            sns.publish(TopicArn=topic + "x", Message="lost")
        sns.unsubscribe(SubscriptionArn=subscription)
        sns.delete_topic(TopicArn=topic)
        self.assertNotIn({"TopicArn": topic}, sns.list_topics()["Topics"])

    def test_a_message_received_too_often_moves_and_is_redriven(self):
        dead_url, dead_arn = self.queue("dead")
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
        url, arn = self.queue("work", RedrivePolicy=redrive, VisibilityTimeout="0")
        self.sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
        self.assertEqual(len(self.receive(url, wait=0)), 1)
        self.assertEqual(self.receive(url, wait=0), [])
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead_url)["queueUrls"], [url])
        self.sqs.start_message_move_task(SourceArn=dead_arn)
        advance(1)
        (message,) = self.receive(url, wait=0)
        self.assertEqual((message["Body"], message["MessageAttributes"]["k"]["StringValue"]), ("hello", "v"))

    def test_a_long_poll_ends_when_a_message_becomes_visible(self):
        url, _ = self.queue("delayed")
        self.sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
        self.assertEqual([message["Body"] for message in self.receive(url, wait=10)], ["late"])

    def test_an_archive_replays_what_it_holds(self):
        url, arn = self.queue("placed")
        bus = self.bus(arn)
        archive = self.events.create_archive(ArchiveName="all", EventSourceArn=bus)["ArchiveArn"]
        start = now() - timedelta(seconds=1)
        event_id = self.put(number=3)
        advance(3600)
        self.assertEqual(self.events.describe_archive(ArchiveName="all")["EventCount"], 1)
        (first,) = self.receive(url)
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
        span = {"EventStartTime": start, "EventEndTime": now(), "Destination": {"Arn": bus}}
        self.assertEqual(self.events.start_replay(ReplayName="again", EventSourceArn=archive, **span)["State"], "STARTING")
        self.refused(
            "ResourceAlreadyExistsException",
            lambda: self.events.start_replay(ReplayName="again", EventSourceArn=archive, **span),
            "Replay again already exists.",
        )
        advance(60)
        self.assertEqual(self.events.describe_replay(ReplayName="again")["State"], "COMPLETED")
        (replayed,) = self.receive(url)
        body = json.loads(replayed["Body"])
        self.assertEqual((body["id"], body["replay-name"]), (event_id, "again"))
        with self.assertRaises(self.events.exceptions.IllegalStatusException):
            self.events.cancel_replay(ReplayName="again")

    def test_a_schedule_fires_when_the_clock_comes_to_it(self):
        url, arn = self.queue("alarms")
        at = (now() + timedelta(hours=5)).strftime("at(%Y-%m-%dT%H:%M:%S)")
        target = {"Arn": arn, "RoleArn": ROLE, "Input": "<aws.scheduler.schedule-arn>"}
        made = self.scheduler.create_schedule(
            Name="once",
            ScheduleExpression=at,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
            ActionAfterCompletion="DELETE",
        )
        self.assertEqual(self.scheduler.get_schedule(Name="once")["ScheduleExpression"], at)
        advance(4 * 3600)
        self.assertEqual(self.receive(url, wait=0), [])
        advance(3600)
        (message,) = self.receive(url, wait=0)
        self.assertEqual(message["Body"], made["ScheduleArn"])
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException):
            self.scheduler.get_schedule(Name="once")

    def test_schedules_live_in_groups(self):
        self.scheduler.create_schedule_group(Name="nightly")
        common = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:x", "RoleArn": ROLE}}
        self.scheduler.create_schedule(Name="a", GroupName="nightly", ScheduleExpression="rate(1 hours)", **common)
        with self.assertRaises(self.scheduler.exceptions.ConflictException):
            self.scheduler.create_schedule(Name="a", GroupName="nightly", ScheduleExpression="rate(1 hours)", **common)
        with self.assertRaises(self.scheduler.exceptions.ValidationException):
            self.scheduler.create_schedule(Name="b", ScheduleExpression="every now and then", **common)
        self.scheduler.update_schedule(Name="a", GroupName="nightly", ScheduleExpression="cron(0 8 * * ? *)", State="DISABLED", **common)
        listed = self.scheduler.list_schedules(GroupName="nightly")["Schedules"]
        self.assertEqual([(schedule["Name"], schedule["State"]) for schedule in listed], [("a", "DISABLED")])
        self.scheduler.delete_schedule_group(Name="nightly")
        self.assertEqual(self.scheduler.list_schedules(NamePrefix="a")["Schedules"], [])

    def test_a_scheduled_rule_fires(self):
        url, arn = self.queue("ticks")
        self.events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
        self.events.put_targets(Rule="tick", Targets=[{"Id": "q", "Arn": arn, "Input": '"tick"'}])
        advance(16 * 60)
        self.assertEqual([message["Body"] for message in self.receive(url, wait=0)], ['"tick"'] * 3)

    def test_a_conditional_put_lets_one_win(self):
        self.dynamodb.create_table(
            TableName="locks",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.dynamodb.get_waiter("table_exists").wait(TableName="locks", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
        put = {"TableName": "locks", "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}
        self.dynamodb.put_item(**put)
        with self.assertRaises(self.dynamodb.exceptions.ConditionalCheckFailedException) as caught:
            self.dynamodb.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        self.assertEqual(caught.exception.response["Error"]["Message"], "The conditional request failed")
        self.assertEqual(caught.exception.response["Item"], {"id": {"S": "a"}})
        with self.assertRaises(self.dynamodb.exceptions.ResourceNotFoundException):
            self.dynamodb.get_item(TableName="nowhere", Key={"id": {"S": "a"}})

    def test_errors_are_botocore_s_own_classes(self):
        events = self.events.exceptions
        with self.assertRaises(events.ResourceNotFoundException):
            self.events.describe_event_bus(Name="nowhere")
        self.refused(
            "ResourceNotFoundException",
            lambda: self.events.describe_rule(Name="none"),
            "Rule none does not exist on EventBus default.",
        )
        self.events.create_event_bus(Name="orders")
        with self.assertRaises(events.ResourceAlreadyExistsException):
            self.events.create_event_bus(Name="orders")
        with self.assertRaises(events.InvalidEventPatternException):
            self.events.put_rule(Name="bad", EventPattern='{"source": "no list"}')
        self.refused("ValidationException", lambda: self.events.delete_event_bus(Name="default"), "Cannot delete event bus default.")
        six = [{"Id": str(number), "Arn": f"arn:aws:sqs:us-east-1:123456789012:q{number}"} for number in range(6)]
        self.events.put_rule(Name="many", EventPattern='{"source": ["x"]}')
        with self.assertRaises(events.LimitExceededException):
            self.events.put_targets(Rule="many", Targets=six)
        self.events.put_targets(Rule="many", Targets=six[:1])
        self.refused("ValidationException", lambda: self.events.delete_rule(Name="many"), "Rule can't be deleted since it has targets.")
        self.assertEqual(self.events.list_rule_names_by_target(TargetArn=six[0]["Arn"])["RuleNames"], ["many"])

    def test_errors_of_queues_carry_the_old_code_too(self):
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist) as caught:
            self.sqs.get_queue_url(QueueName="nowhere")
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."))
        self.sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "1"})
        with self.assertRaises(self.sqs.exceptions.QueueNameExists):
            self.sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "2"})

    def test_older_clients_speak_forms_and_xml(self):
        def form(path, **parameters):
            body = urllib.parse.urlencode({"Version": "2012-11-05", **parameters}).encode()
            try:
                with urllib.request.urlopen(ENDPOINT + path, data=body) as response:
                    return re.sub(r' xmlns="[^"]*"', "", response.read().decode())
            except urllib.error.HTTPError as error:
                return re.sub(r' xmlns="[^"]*"', "", error.read().decode())

        made = ElementTree.fromstring(form("/", Action="CreateQueue", QueueName="old", **{"Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "0"}))
        path = urllib.parse.urlparse(made.findtext("CreateQueueResult/QueueUrl")).path
        batch = {"SendMessageBatchRequestEntry.1.Id": "a", "SendMessageBatchRequestEntry.1.MessageBody": "<&>"}
        attribute = "SendMessageBatchRequestEntry.1.MessageAttribute.1."
        batch |= {attribute + "Name": "k", attribute + "Value.DataType": "String", attribute + "Value.StringValue": "v"}
        sent = ElementTree.fromstring(form(path, Action="SendMessageBatch", **batch))
        self.assertEqual(sent.findtext("SendMessageBatchResult/SendMessageBatchResultEntry/Id"), "a")
        received = ElementTree.fromstring(
            form(path, Action="ReceiveMessage", **{"AttributeName.1": "All", "MessageAttributeName.1": "All", "WaitTimeSeconds": "1"})
        )
        message = received.find("ReceiveMessageResult/Message")
        self.assertEqual(message.findtext("Body"), "<&>")
        self.assertEqual(message.findtext("MessageAttribute/Value/StringValue"), "v")
        self.assertIn("ApproximateReceiveCount", [name.text for name in message.findall("Attribute/Name")])
        refused = ElementTree.fromstring(form("/", Action="GetQueueUrl", QueueName="nowhere"))
        self.assertEqual(refused.findtext("Error/Code"), "AWS.SimpleQueueService.NonExistentQueue")

    def test_functions_without_a_host_fail_and_say_so(self):
        names = [function["FunctionName"] for function in self.functions.list_functions()["Functions"]]
        self.assertEqual(names, ["the-alchemiser-v2-lambda-dev"])
        answer = self.functions.invoke(FunctionName=names[0], Payload=b'{"mode": "watchdog"}')
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        self.assertEqual(json.load(answer["Payload"])["errorType"], "Sim.NoProgram")
        self.assertEqual(self.functions.invoke(FunctionName=names[0], InvocationType="Event")["StatusCode"], 202)
        advance(600)
        self.assertEqual(get("/_sim/journal").count('"record":"invocation_ended"'), 4)
        with self.assertRaises(self.functions.exceptions.ResourceNotFoundException):
            self.functions.get_function(FunctionName="none")

    def test_entries_are_judged_each_by_itself(self):
        good = {"Source": "shop", "DetailType": "Placed", "Detail": "{}"}
        answer = self.events.put_events(Entries=[good, {**good, "Detail": "[]"}, {**good, "Time": datetime.now(timezone.utc)}])
        self.assertEqual(answer["FailedEntryCount"], 1)
        self.assertEqual(answer["Entries"][1], {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})


if __name__ == "__main__":
    unittest.main()
