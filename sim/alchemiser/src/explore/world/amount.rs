use rust_decimal::Decimal;

use harness::explore::Maker;

/// An amount from `10^least` to `10^most`, every power of ten as likely as the other.
pub(super) fn amount(
    maker: &mut Maker<'_>,
    name: &str,
    least: i64,
    most: i64,
    places: u32,
) -> Decimal {
    let powers = u64::try_from(most - least).unwrap_or_default();
    let power = least
        + i64::try_from(maker.tape.choose(&format!("{name}/power"), powers)).unwrap_or_default();
    let digits = 100 + maker.tape.choose(&format!("{name}/digits"), 900);
    let is_round = maker.coin(&format!("{name}/round"));
    let digits = if is_round { digits / 100 * 100 } else { digits };
    let scale = 2 - power;
    let digits = Decimal::from(digits);
    let amount = if scale >= 0 {
        digits / Decimal::from(10_u64.pow(u32::try_from(scale).unwrap_or_default()))
    } else {
        digits * Decimal::from(10_u64.pow(u32::try_from(-scale).unwrap_or_default()))
    };
    let smallest = Decimal::new(1, places);
    amount.round_dp(places).max(smallest)
}

/// An amount of dollars as scenario files write it.
pub(super) fn dollars(amount: Decimal) -> String {
    format!("{:.2}", amount)
}

/// A number of shares as scenario files write it.
pub(super) fn shares(amount: Decimal) -> String {
    amount.normalize().to_string()
}
