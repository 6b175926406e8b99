#!/usr/bin/env bash
# The simulated cloud through the AWS command line. WIRE_ENDPOINT says where it listens, PATH holds `aws`.
set -euo pipefail

export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER="" AWS_MAX_ATTEMPTS=1
cloud() { aws --endpoint-url "$WIRE_ENDPOINT" --output text "$@"; }
advance() { curl --silent --show-error --fail --data "{\"seconds\": $1}" "$WIRE_ENDPOINT/_sim/clock/advance" >/dev/null; }

is() {
    [[ "$2" == "$3" ]] && return
    printf 'FAILED %s\n expected: %s\n found:    %s\n' "$1" "$2" "$3" >&2
    exit 1
}

contains() {
    [[ "$3" == *"$2"* ]] && return
    printf 'FAILED %s\n expected somewhere: %s\n found: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

curl --silent --fail --request POST "$WIRE_ENDPOINT/_sim/reset" >/dev/null

policy='{"Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:*","Resource":"*"}]}'
url=$(cloud sqs create-queue --queue-name inbox --attributes "$(printf '{"Policy":"%s"}' "${policy//\"/\\\"}")" --query QueueUrl)
arn=$(cloud sqs get-queue-attributes --queue-url "$url" --attribute-names QueueArn --query Attributes.QueueArn)

bus=$(cloud events create-event-bus --name orders --query EventBusArn)
cloud events put-rule --name placed --event-bus-name orders --event-pattern '{"source":["shop"]}' >/dev/null
cloud events put-targets --rule placed --event-bus-name orders --targets "Id=inbox,Arn=$arn,InputPath=\$.detail.number" >/dev/null
is "the target is listed" "$arn" "$(cloud events list-targets-by-rule --rule placed --event-bus-name orders --query 'Targets[0].Arn')"
archive=$(cloud events create-archive --archive-name kept --event-source-arn "$bus" --query ArchiveArn)

entry='[{"EventBusName":"orders","Source":"shop","DetailType":"Placed","Detail":"{\"number\": 7}"}]'
is "the entry is accepted" 0 "$(cloud events put-events --entries "$entry" --query FailedEntryCount)"
is "the event is received" 7 "$(cloud sqs receive-message --queue-url "$url" --wait-time-seconds 5 --query 'Messages[0].Body')"

advance 3600
cloud events start-replay --replay-name again --event-source-arn "$archive" --destination "Arn=$bus" \
    --event-start-time 2020-01-01T00:00:00Z --event-end-time 2100-01-01T00:00:00Z >/dev/null
advance 60
is "the replay is done" COMPLETED "$(cloud events describe-replay --replay-name again --query State)"

cloud scheduler create-schedule --name hourly --schedule-expression 'rate(1 hours)' --flexible-time-window Mode=OFF \
    --target "{\"Arn\":\"$arn\",\"RoleArn\":\"arn:aws:iam::123456789012:role/r\",\"Input\":\"tick\"}" >/dev/null
cloud sqs purge-queue --queue-url "$url"
advance 3601
is "the schedule fired" tick "$(cloud sqs receive-message --queue-url "$url" --query 'Messages[0].Body')"
cloud scheduler delete-schedule --name hourly

cloud dynamodb create-table --table-name locks --billing-mode PAY_PER_REQUEST --key-schema AttributeName=id,KeyType=HASH \
    --attribute-definitions AttributeName=id,AttributeType=S >/dev/null
put() { cloud dynamodb put-item --table-name locks --item '{"id":{"S":"a"}}' --condition-expression 'attribute_not_exists(id)' 2>&1; }
put
contains "the second put loses" "ConditionalCheckFailedException" "$(put || true)"
contains "no such queue" "AWS.SimpleQueueService.NonExistentQueue" "$(cloud sqs get-queue-url --queue-name nowhere 2>&1 || true)"
contains "no such bus" "Event bus nowhere does not exist." "$(cloud events describe-event-bus --name nowhere 2>&1 || true)"
contains "no such function" "ResourceNotFoundException" "$(cloud lambda get-function --function-name none 2>&1 || true)"
echo "AWS command line: all well"
