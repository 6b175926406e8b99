//! `DescribeLimits` and `DescribeEndpoints`.

use serde_json::json;

use crate::call::Call;
use crate::error::Error;
use crate::tables::Tables;

pub(super) fn describe_limits(_: &mut Tables, _: &Call<'_>, _: &str) -> Result<String, Error> {
    Ok(json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    })
    .to_string())
}

pub(super) fn describe_endpoints(
    _: &mut Tables,
    call: &Call<'_>,
    _: &str,
) -> Result<String, Error> {
    let suffix = if call.place.partition == "aws-cn" {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let address = format!("dynamodb.{}.{suffix}", call.place.region);
    let endpoint = json!({ "Address": address, "CachePeriodInMinutes": 1440 });
    Ok(json!({ "Endpoints": [endpoint] }).to_string())
}
