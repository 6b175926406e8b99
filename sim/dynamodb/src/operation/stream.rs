//! The API of DynamoDB Streams: `ListStreams`, `DescribeStream`, `GetShardIterator`, `GetRecords`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name::TableName;
use crate::request::{Text, Whole, read};
use crate::table::{SequenceNumber, Stream, Table, seconds};
use crate::tables::{FoundStream, Tables};

/// An iterator is good for so long.
const ITERATOR_AGE: TimeDelta = TimeDelta::minutes(15);

/// The most streams or shards of one answer, records of one, and bytes of them.
const STREAMS: i64 = 100;
const RECORDS: i64 = 1_000;
const RECORD_BYTES: usize = 1 << 20;

const ITERATOR_TYPES: [&str; 4] = [
    "AFTER_SEQUENCE_NUMBER",
    "LATEST",
    "AT_SEQUENCE_NUMBER",
    "TRIM_HORIZON",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListStreams<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    exclusive_start_stream_arn: Option<Text<'a>>,
    limit: Option<Whole>,
}

pub(super) fn list_streams(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: ListStreams<'_> = read(input)?;
    let limit = limit(request.limit, STREAMS)?;
    let name = request.table_name.as_deref().map(TableName::new);
    let named = |table: &&Table| name.as_ref().is_none_or(|name| *table.name == *name.name);
    let all = tables
        .all(call.now, call.place)
        .filter(named)
        .flat_map(|table| {
            let arn = table.arn(call.place);
            let kept = table
                .streams
                .iter()
                .filter(|stream| stream.is_kept(call.now));
            kept.map(move |stream| (format!("{arn}/stream/{}", stream.label), table, stream))
        });
    let start = request.exclusive_start_stream_arn.as_deref();
    let after = all.filter(|(arn, ..)| start.is_none_or(|start| arn.as_str() > start));
    let streams: Vec<_> = after.take(limit + 1).collect();
    let page = &streams[..streams.len().min(limit)];
    let shown: Json = page
        .iter()
        .map(|(arn, table, stream)| {
            json!({ "StreamArn": arn, "TableName": *table.name, "StreamLabel": stream.label })
        })
        .collect();
    let mut answer = json!({ "Streams": shown });
    if let Some((arn, ..)) = page.last().filter(|_| streams.len() > limit) {
        answer["LastEvaluatedStreamArn"] = arn.as_str().into();
    }
    Ok(answer.to_string())
}

fn limit(given: Option<Whole>, most: i64) -> Result<usize, Error> {
    let limit = given.map_or(most, |Whole(limit)| limit);
    let mut constraints = Constraints::default();
    if limit < 1 {
        let bound = "Member must have value greater than or equal to 1";
        constraints.value(limit, "limit", bound);
    } else if limit > most {
        let bound = format!("Member must have value less than or equal to {most}");
        constraints.value(limit, "limit", &bound);
    }
    constraints.check()?;
    Ok(usize::try_from(limit).unwrap_or(1))
}

fn find<'t>(tables: &'t Tables, now: DateTime<Utc>, arn: &str) -> Result<FoundStream<'t>, Error> {
    tables.find_stream(now, arn).ok_or_else(|| {
        Error::ResourceNotFound(format!(
            "Requested resource not found: Stream: {arn} not found"
        ))
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeStream<'a> {
    #[serde(borrow)]
    stream_arn: Option<Text<'a>>,
    limit: Option<Whole>,
    exclusive_start_shard_id: Option<Text<'a>>,
}

pub(super) fn describe_stream(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: DescribeStream<'_> = read(input)?;
    let arn = given(request.stream_arn.as_deref(), "streamArn")?;
    limit(request.limit, STREAMS)?;
    let FoundStream { table, stream, .. } = find(tables, call.now, arn)?;
    let first = SequenceNumber(stream.trimmed(call.now) + 1).to_string();
    let mut range = json!({ "StartingSequenceNumber": first });
    if stream.closed.is_some() {
        let last = SequenceNumber(stream.last().max(1)).to_string();
        range["EndingSequenceNumber"] = last.into();
    }
    let shard = stream.shard();
    let shards = if request.exclusive_start_shard_id.as_deref() == Some(&shard) {
        json!([])
    } else {
        json!([{ "ShardId": shard, "SequenceNumberRange": range }])
    };
    let description = json!({
        "StreamArn": arn,
        "StreamLabel": stream.label,
        "StreamStatus": if stream.closed.is_some() { "DISABLED" } else { "ENABLED" },
        "StreamViewType": stream.view.name(),
        "CreationRequestDateTime": seconds(stream.created),
        "TableName": *table.name,
        "KeySchema": table.key.described(),
        "Shards": shards,
    });
    Ok(json!({ "StreamDescription": description }).to_string())
}

fn given<'a>(value: Option<&'a str>, path: &str) -> Result<&'a str, Error> {
    let mut constraints = Constraints::default();
    if value.is_none() {
        constraints.null(path);
    }
    constraints.check()?;
    Ok(value.unwrap_or_default())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetShardIterator<'a> {
    #[serde(borrow)]
    stream_arn: Option<Text<'a>>,
    shard_id: Option<Text<'a>>,
    shard_iterator_type: Option<Text<'a>>,
    sequence_number: Option<Text<'a>>,
}

pub(super) fn get_shard_iterator(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: GetShardIterator<'_> = read(input)?;
    request.constrain()?;
    let arn = request.stream_arn.as_deref().unwrap_or_default();
    let FoundStream { stream, .. } = find(tables, call.now, arn)?;
    let shard = stream.shard();
    if request.shard_id.as_deref() != Some(&shard) {
        return Err(Error::ResourceNotFound(format!(
            "Requested resource not found: Shard does not exist: {}",
            request.shard_id.as_deref().unwrap_or_default()
        )));
    }
    let after = request.position(stream, call.now)?;
    let iterator = Iterator {
        arn,
        after,
        made: call.now,
    };
    Ok(json!({ "ShardIterator": iterator.written() }).to_string())
}

impl GetShardIterator<'_> {
    fn constrain(&self) -> Result<(), Error> {
        let mut constraints = Constraints::default();
        for (value, path) in [
            (&self.stream_arn, "streamArn"),
            (&self.shard_id, "shardId"),
            (&self.shard_iterator_type, "shardIteratorType"),
        ] {
            if value.is_none() {
                constraints.null(path);
            }
        }
        let kind = self.shard_iterator_type.as_deref();
        constraints.one_of(kind, "shardIteratorType", &ITERATOR_TYPES);
        if let Some(number) = self.sequence_number.as_deref() {
            match number.len() {
                ..21 => constraints.nameless(
                    "sequenceNumber",
                    "Member must have length greater than or equal to 21",
                ),
                41.. => constraints.nameless(
                    "sequenceNumber",
                    "Member must have length less than or equal to 40",
                ),
                _ => {}
            }
        }
        constraints.check()
    }

    /// The sequence after which the iterator starts.
    fn position(&self, stream: &Stream, now: DateTime<Utc>) -> Result<u64, Error> {
        let kind = self.shard_iterator_type.as_deref().unwrap_or_default();
        let number = self.sequence_number.as_deref();
        match (kind, number) {
            ("TRIM_HORIZON" | "LATEST", Some(_)) => Err(Error::invalid(
                "SequenceNumber should not be passed for this iterator type",
            )),
            ("TRIM_HORIZON", None) => Ok(stream.trimmed(now)),
            ("LATEST", None) => Ok(stream.last()),
            (_, None) => Err(Error::invalid("SequenceNumber cannot be null")),
            (_, Some(number)) => {
                let read = SequenceNumber::read(number);
                let known = read.filter(|number| (1..=stream.last().max(1)).contains(&number.0));
                let Some(SequenceNumber(sequence)) = known else {
                    return Err(Error::validation("Invalid SequenceNumber for the shard"));
                };
                let after = if kind == "AT_SEQUENCE_NUMBER" {
                    sequence - 1
                } else {
                    sequence
                };
                if after < stream.trimmed(now) {
                    return Err(Error::TrimmedDataAccess);
                }
                Ok(after)
            }
        }
    }
}

/// A place in a shard from which records are read.
struct Iterator<'a> {
    arn: &'a str,
    after: u64,
    made: DateTime<Utc>,
}

impl<'a> Iterator<'a> {
    fn written(&self) -> String {
        let inner = format!("{} {}", self.after, self.made.timestamp_millis());
        format!("{}|1|{}", self.arn, STANDARD.encode(inner))
    }

    fn read(text: &'a str) -> Option<Self> {
        let (arn, inner) = text.split_once("|1|")?;
        let inner = String::from_utf8(STANDARD.decode(inner).ok()?).ok()?;
        let (after, made) = inner.split_once(' ')?;
        let made = DateTime::from_timestamp_millis(made.parse().ok()?)?;
        Some(Self {
            arn,
            after: after.parse().ok()?,
            made,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRecords<'a> {
    #[serde(borrow)]
    shard_iterator: Option<Text<'a>>,
    limit: Option<Whole>,
}

pub(super) fn get_records(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: GetRecords<'_> = read(input)?;
    let text = given(request.shard_iterator.as_deref(), "shardIterator")?;
    let limit = limit(request.limit, RECORDS)?;
    let iterator =
        Iterator::read(text).ok_or_else(|| Error::validation("Invalid ShardIterator"))?;
    if call.now - iterator.made > ITERATOR_AGE {
        let made = iterator.made.format("%a %b %d %H:%M:%S UTC %Y");
        return Err(Error::ExpiredIterator(made.to_string()));
    }
    let FoundStream { stream, place, .. } = find(tables, call.now, iterator.arn)?;
    if iterator.after < stream.trimmed(call.now) {
        return Err(Error::TrimmedDataAccess);
    }
    let (mut records, mut bytes, mut after) = (Vec::new(), 0, iterator.after);
    for record in stream.after(after, call.now).take(limit) {
        let shown = record.json(&place.region);
        bytes += shown.to_string().len();
        if bytes > RECORD_BYTES && !records.is_empty() {
            break;
        }
        after = record.sequence;
        records.push(shown);
    }
    let mut answer = json!({ "Records": records });
    // The end of a shard that is closed has nothing after it.
    if stream.closed.is_none() || after < stream.last() {
        let next = Iterator {
            arn: iterator.arn,
            after,
            made: call.now,
        };
        answer["NextShardIterator"] = next.written().into();
    }
    Ok(answer.to_string())
}
