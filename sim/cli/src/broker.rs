use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use alchemiser::clock::{Clock, SystemClock};
use alchemiser_mocks::exchange::{DataPlan, Exchange, ExchangeSetup, Hours, MarketSetup, Series};
use bytes::Bytes;
use clap::Args;
use http::Request;
use rust_decimal::Decimal;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

use crate::error::{ArgumentError, CliError};
use crate::output::say;
use harness::server::connection::{self, Unanswered, plain};

/// What `broker` takes.
#[derive(Debug, Args)]
pub struct BrokerArguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4570)]
    port: u16,
    /// The account's cash in dollars.
    #[arg(long, default_value = "100000")]
    cash: Decimal,
    /// A symbol with the same price on every day; others have synthetic prices.
    #[arg(long = "price", value_name = "SYMBOL=DOLLARS", value_parser = price)]
    prices: Vec<(String, Decimal)>,
    /// Trade in the regular sessions only, not around the clock.
    #[arg(long)]
    regular_hours: bool,
    /// What market data the account has paid for: basic is refused the last fifteen minutes of all
    /// exchanges.
    #[arg(long, value_name = "PLAN", default_value = "algo_trader_plus", value_parser = data_plan)]
    data_plan: DataPlan,
    /// The rate limit, for each of the two APIs.
    #[arg(long, default_value_t = 200)]
    requests_per_minute: u32,
    /// Answer the cancellation of a filled order as if there were something to cancel, not with
    /// 422.
    #[arg(long)]
    accept_cancel_of_filled: bool,
    /// The seed of ids, delays and synthetic prices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn price(text: &str) -> Result<(String, Decimal), ArgumentError> {
    let (symbol, dollars) = text.split_once('=').ok_or(ArgumentError::NotAPrice)?;
    let dollars: Decimal = dollars.parse().map_err(|source| ArgumentError::Amount {
        amount: dollars.to_owned(),
        source,
    })?;
    if dollars <= Decimal::ZERO {
        return Err(ArgumentError::PriceTooLow(symbol.to_owned()));
    }
    Ok((symbol.to_owned(), dollars))
}

fn data_plan(text: &str) -> Result<DataPlan, ArgumentError> {
    match text {
        "basic" => Ok(DataPlan::Basic),
        "algo_trader_plus" => Ok(DataPlan::AlgoTraderPlus),
        _ => Err(ArgumentError::NotADataPlan),
    }
}

/// Serves the simulated broker, on the machine's clock, until the process is told to end.
pub fn broker(arguments: &BrokerArguments) -> Result<bool, CliError> {
    let exchange = Rc::new(RefCell::new(Exchange::new(setup(arguments))));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::System)?;
    LocalSet::new().block_on(&runtime, async {
        let listener = connection::listen(arguments.port).await?;
        let address = listener.local_addr().map_err(CliError::System)?;
        let listen = |kind| signal(kind).map_err(CliError::System);
        let (mut interrupt, mut terminate) = (
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
        );
        let answer = move |request: Request<Bytes>| {
            let answered = exchange.borrow_mut().handle(SystemClock.now(), &request);
            async move { Ok::<_, Unanswered>(plain(answered)) }
        };
        say(&format!(
            "listening on http://{address}, key PKTEST, secret secret\n"
        ))?;
        tokio::select! {
            () = connection::accept(&listener, answer) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(true)
    })
}

fn setup(arguments: &BrokerArguments) -> ExchangeSetup {
    let series: BTreeMap<String, Series> = arguments
        .prices
        .iter()
        .map(|(symbol, price)| (symbol.clone(), Series::Price(*price)))
        .collect();
    let hours = if arguments.regular_hours {
        Hours::Regular
    } else {
        Hours::Always
    };
    let market = MarketSetup {
        seed: arguments.seed,
        series,
        hours,
        ..MarketSetup::default()
    };
    let mut setup = ExchangeSetup {
        seed: arguments.seed,
        cash: arguments.cash,
        market,
        ..ExchangeSetup::default()
    };
    setup.account.data_plan = arguments.data_plan;
    setup.knobs.requests_per_minute = arguments.requests_per_minute;
    setup.knobs.accept_cancel_of_filled = arguments.accept_cancel_of_filled;
    setup
}
