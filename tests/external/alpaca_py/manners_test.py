"""alpaca-py against the simulated broker, as a stranger uses it: what is spelt in Python's way, what is refused, and how."""

import datetime
import os
import time
import unittest

import requests
from alpaca.common.enums import Sort, SupportedCurrencies
from alpaca.common.exceptions import APIError
from alpaca.data.enums import Adjustment, DataFeed
from alpaca.data.historical import CryptoHistoricalDataClient, NewsClient, OptionHistoricalDataClient, ScreenerClient, StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.requests import (
    CorporateActionsRequest,
    CryptoBarsRequest,
    MostActivesRequest,
    NewsRequest,
    OptionLatestQuoteRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import (
    AssetClass,
    AssetExchange,
    AssetStatus,
    CorporateActionType,
    OrderClass,
    OrderSide,
    OrderStatus,
    PositionIntent,
    QueryOrderStatus,
    TimeInForce,
)
from alpaca.trading.requests import (
    ClosePositionRequest,
    CreateWatchlistRequest,
    GetAssetsRequest,
    GetCorporateAnnouncementsRequest,
    GetOptionContractsRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

BUY, SELL, DAY = OrderSide.BUY, OrderSide.SELL, TimeInForce.DAY


def clients(variable):
    url = os.environ[variable]
    return TradingClient("PKTEST", "secret", paper=True, url_override=url), StockHistoricalDataClient("PKTEST", "secret", url_override=url)


def limit(symbol, quantity, side, price, time_in_force=DAY, **fields):
    return LimitOrderRequest(symbol=symbol, qty=quantity, side=side, time_in_force=time_in_force, limit_price=price, **fields)


def market(symbol, quantity, side, time_in_force=DAY, **fields):
    return MarketOrderRequest(symbol=symbol, qty=quantity, side=side, time_in_force=time_in_force, **fields)


class Stranger(unittest.TestCase):
    trading, data = clients("BROKER")

    def settled(self, order, trading=None):
        for _ in range(100):
            order = (trading or self.trading).get_order_by_id(order.id)
            if order.status in (OrderStatus.FILLED, OrderStatus.CANCELED):
                return order
            time.sleep(0.1)
        self.fail(f"{order.symbol} is still {order.status}")

    def refused(self, status, words, call, *arguments):
        with self.assertRaises(APIError) as refused:
            call(*arguments)
        self.assertEqual(refused.exception.status_code, status)
        self.assertIn(words, str(refused.exception))

    def not_simulated(self, words, call, *arguments):
        self.refused(501, f"{words} is not simulated", call, *arguments)

    def test_01_everything_is_closed_and_its_orders_are_cancelled(self):
        """`cancel_orders=True` goes over the wire as `True`."""
        self.settled(self.trading.submit_order(market("MSFT", 1.5, BUY, position_intent=PositionIntent.BUY_TO_OPEN)))
        self.settled(self.trading.submit_order(market("AAPL", 10, BUY, order_class=OrderClass.SIMPLE, extended_hours=False)))
        resting = self.trading.submit_order(limit("AAPL", 10, SELL, 200))
        kept = {closed.symbol: closed.status for closed in self.trading.close_all_positions()}
        self.assertEqual(kept, {"MSFT": 200, "AAPL": 403}, "the shares of AAPL are held for the order")
        self.assertNotEqual(self.trading.get_order_by_id(resting.id).status, OrderStatus.CANCELED)
        closed = self.trading.close_all_positions(cancel_orders=True)
        self.assertIn(("AAPL", 200), [(one.symbol, one.status) for one in closed])
        self.assertEqual(self.trading.get_order_by_id(resting.id).status, OrderStatus.CANCELED)
        for one in closed:
            if one.order_id:
                self.settled(self.trading.get_order_by_id(one.order_id))
        self.assertEqual(self.trading.get_all_positions(), [])

    def test_02_a_position_is_closed_in_parts(self):
        self.settled(self.trading.submit_order(market("AAPL", 10, BUY)))
        half = self.trading.close_position("AAPL", ClosePositionRequest(percentage="50"))
        self.assertEqual((half.qty, half.side), ("5", SELL))
        self.settled(half)
        self.assertEqual(self.settled(self.trading.close_position("AAPL", ClosePositionRequest(qty="1.5"))).filled_qty, "1.5")
        asset = self.trading.get_asset("AAPL")
        self.assertEqual(self.trading.get_open_position(asset.id).qty, "3.5")
        self.assertEqual(self.settled(self.trading.close_position(asset.id)).filled_qty, "3.5")

    def test_03_a_replacement_that_changes_nothing_is_refused(self):
        order = self.trading.submit_order(limit("MSFT", 2, BUY, 40))
        words = "order parameters are not changed"
        self.refused(403, words, self.trading.replace_order_by_id, order.id)
        same = ReplaceOrderRequest(qty=2, limit_price=40, time_in_force=DAY)
        self.refused(403, words, self.trading.replace_order_by_id, order.id, same)
        more = self.trading.replace_order_by_id(order.id, ReplaceOrderRequest(qty=3, time_in_force=TimeInForce.GTC))
        self.assertEqual((more.qty, more.time_in_force, more.replaces), ("3", TimeInForce.GTC, order.id))
        self.not_simulated("stop_price", self.trading.replace_order_by_id, more.id, ReplaceOrderRequest(stop_price=30))
        self.not_simulated("trail", self.trading.replace_order_by_id, more.id, ReplaceOrderRequest(trail=1))
        self.assertEqual([cancelled.status for cancelled in self.trading.cancel_orders()], [200])
        self.settled(more)

    def test_04_orders_are_listed_by_all_that_a_client_can_ask(self):
        wanted = GetOrdersRequest(
            status=QueryOrderStatus.ALL,
            limit=500,
            after=datetime.datetime(2020, 1, 1),
            until=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1),
            direction=Sort.ASC,
            nested=True,
            side=BUY,
            symbols=["MSFT", "AAPL"],
        )
        orders = self.trading.get_orders(wanted)
        self.assertEqual([order.side for order in orders], [BUY] * len(orders))
        self.assertEqual({order.symbol for order in orders}, {"MSFT", "AAPL"})
        self.assertEqual(orders, sorted(orders, key=lambda order: order.created_at))
        self.assertEqual(self.trading.get_order_by_id(orders[0].id, GetOrderByIdRequest(nested=True)).id, orders[0].id)
        self.assertEqual(len(self.trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.CLOSED, limit=1))), 1)

    def test_05_orders_of_other_kinds_are_not_simulated(self):
        place = self.trading.submit_order
        for time_in_force in (TimeInForce.OPG, TimeInForce.CLS, TimeInForce.IOC, TimeInForce.FOK):
            self.not_simulated(f"time_in_force {time_in_force.value}", place, limit("MSFT", 1, BUY, 40, time_in_force))
        self.not_simulated("type stop", place, StopOrderRequest(symbol="MSFT", qty=1, side=BUY, time_in_force=DAY, stop_price=60))
        stop_limit = StopLimitOrderRequest(symbol="MSFT", qty=1, side=BUY, time_in_force=DAY, stop_price=60, limit_price=61)
        self.not_simulated("type stop_limit", place, stop_limit)
        trailing = TrailingStopOrderRequest(symbol="MSFT", qty=1, side=BUY, time_in_force=DAY, trail_percent=4)
        self.not_simulated("type trailing_stop", place, trailing)
        legs = {"take_profit": TakeProfitRequest(limit_price=60), "stop_loss": StopLossRequest(stop_price=40)}
        self.not_simulated("order_class bracket", place, market("MSFT", 1, BUY, order_class=OrderClass.BRACKET, **legs))
        self.not_simulated("extended_hours", place, limit("MSFT", 1, BUY, 40, extended_hours=True))

    def test_06_what_does_not_exist_is_not_there(self):
        nothing = "61e69015-8549-4bfd-b9c3-01e75843f47d"
        for call in (self.trading.get_order_by_id, self.trading.cancel_order_by_id, self.trading.get_order_by_client_id):
            self.refused(404, "order not found", call, nothing)
        self.refused(404, "asset not found", self.trading.get_asset, "NOSUCHSYMBOL")
        self.refused(422, 'asset \\"NOSUCHSYMBOL\\" not found', self.trading.submit_order, market("NOSUCHSYMBOL", 1, BUY))
        self.refused(404, "endpoint not found", self.trading.get, "/nothing/of/the/kind")

    def test_07_assets_are_listed(self):
        known = {asset.symbol for asset in self.trading.get_all_assets()}
        self.assertLessEqual({"MSFT", "AAPL"}, known)
        shares = GetAssetsRequest(status=AssetStatus.ACTIVE, asset_class=AssetClass.US_EQUITY, exchange=AssetExchange.NASDAQ)
        self.assertIn("MSFT", [asset.symbol for asset in self.trading.get_all_assets(shares)])
        self.assertEqual(self.trading.get_all_assets(GetAssetsRequest(status=AssetStatus.INACTIVE)), [])

    def test_08_the_history_of_the_account(self):
        days = GetPortfolioHistoryRequest(timeframe="1D", start=datetime.datetime(2025, 11, 3), end=datetime.datetime(2025, 11, 8))
        self.assertEqual(self.trading.get_portfolio_history(days).equity, [100_000.0] * 5)
        self.assertEqual(self.trading.get_portfolio_history().timeframe, "1D")
        minutes = GetPortfolioHistoryRequest(period="1D", timeframe="5Min")
        self.not_simulated("timeframe 5Min", self.trading.get_portfolio_history, minutes)

    def test_09_endpoints_that_are_not_simulated_say_what_is(self):
        trading = self.trading
        ask = GetCorporateAnnouncementsRequest(
            ca_types=[CorporateActionType.DIVIDEND], since=datetime.date(2025, 11, 1), until=datetime.date(2025, 11, 20)
        )
        for call, *arguments in (
            (trading.get_account_configurations,),
            (trading.get_watchlists,),
            (trading.create_watchlist, CreateWatchlistRequest(name="all", symbols=["MSFT"])),
            (trading.get_corporate_announcements, ask),
            (trading.get_option_contracts, GetOptionContractsRequest(underlying_symbols=["AAPL"])),
            (trading.exercise_options_position, "AAPL250117C00150000"),
        ):
            self.refused(501, "simulated are: GET /v2/account,", call, *arguments)

    def test_10_bars_in_every_spelling(self):
        start, end = datetime.datetime(2025, 11, 3), datetime.datetime(2025, 11, 8)
        days = {"timeframe": TimeFrame.Day, "start": start, "end": end}
        bars = self.data.get_stock_bars(
            StockBarsRequest(
                symbol_or_symbols=["MSFT", "AAPL"],
                limit=7,
                adjustment=Adjustment.ALL,
                feed=DataFeed.IEX,
                sort=Sort.DESC,
                currency=SupportedCurrencies.USD,
                asof="2025-11-24",
                **days,
            )
        )
        self.assertEqual([bar.timestamp.day for bar in bars["AAPL"]], [7, 6, 5, 4, 3])
        ask = self.data.get_stock_bars
        for adjustment in (Adjustment.SPLIT, Adjustment.DIVIDEND):
            self.not_simulated(f"adjustment {adjustment.value}", ask, StockBarsRequest(symbol_or_symbols="MSFT", adjustment=adjustment, **days))
        minutes = StockBarsRequest(symbol_or_symbols="MSFT", timeframe=TimeFrame(5, TimeFrameUnit.Minute), start=start)
        self.not_simulated("timeframe 5Min", ask, minutes)
        euros = StockBarsRequest(symbol_or_symbols="MSFT", currency=SupportedCurrencies.EUR, **days)
        self.not_simulated("currency EUR", ask, euros)

    def test_11_market_data_that_is_not_simulated(self):
        url, start = os.environ["BROKER"], datetime.datetime(2025, 11, 3)
        keys = ("PKTEST", "secret")
        for call, request in (
            (self.data.get_stock_latest_bar, StockLatestBarRequest(symbol_or_symbols="MSFT")),
            (self.data.get_stock_snapshot, StockSnapshotRequest(symbol_or_symbols="MSFT")),
            (self.data.get_stock_quotes, StockQuotesRequest(symbol_or_symbols="MSFT", start=start)),
            (self.data.get_stock_trades, StockTradesRequest(symbol_or_symbols="MSFT", start=start)),
            (
                CryptoHistoricalDataClient(*keys, url_override=url).get_crypto_bars,
                CryptoBarsRequest(symbol_or_symbols="BTC/USD", timeframe=TimeFrame.Day, start=start),
            ),
            (NewsClient(*keys, url_override=url).get_news, NewsRequest(symbols="AAPL")),
            (ScreenerClient(*keys, url_override=url).get_most_actives, MostActivesRequest()),
            (CorporateActionsClient(*keys, url_override=url).get_corporate_actions, CorporateActionsRequest(symbols=["AAPL"])),
            (
                OptionHistoricalDataClient(*keys, url_override=url).get_option_latest_quote,
                OptionLatestQuoteRequest(symbol_or_symbols="AAPL250117C00150000"),
            ),
        ):
            self.refused(501, "simulated are: GET /v2/stocks/bars,", call, request)

    def test_12_latest_quotes_and_trades_of_each_feed(self):
        for feed in (DataFeed.SIP, DataFeed.IEX, DataFeed.DELAYED_SIP):
            quote = self.data.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols=["MSFT", "AAPL"], feed=feed))
            self.assertEqual(set(quote), {"MSFT", "AAPL"})
            self.assertEqual(self.data.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="MSFT", feed=feed))["MSFT"].price, 50)
        self.not_simulated("feed otc", self.data.get_stock_latest_quote, StockLatestQuoteRequest(symbol_or_symbols="MSFT", feed=DataFeed.OTC))

    def test_13_without_a_plan_the_last_fifteen_minutes_are_refused(self):
        _, data = clients("BROKER_WITHOUT_PLAN")
        now = datetime.datetime.now(datetime.timezone.utc)
        words = "subscription does not permit querying recent SIP data"

        def bars(end, feed=None):
            return StockBarsRequest(symbol_or_symbols="MSFT", timeframe=TimeFrame.Day, start=now - datetime.timedelta(days=9), end=end, feed=feed)

        self.refused(403, words, data.get_stock_bars, bars(now))
        self.refused(403, words, data.get_stock_bars, bars(now - datetime.timedelta(minutes=10), DataFeed.SIP))
        for served in (bars(None), bars(now - datetime.timedelta(minutes=20)), bars(now, DataFeed.IEX)):
            self.assertGreater(len(data.get_stock_bars(served)["MSFT"]), 3)
        latest = data.get_stock_latest_quote
        self.assertIn("MSFT", latest(StockLatestQuoteRequest(symbol_or_symbols="MSFT")))
        self.refused(403, words, latest, StockLatestQuoteRequest(symbol_or_symbols="MSFT", feed=DataFeed.SIP))

    def test_14_the_cancellation_of_a_filled_order_has_two_answers(self):
        filled = self.settled(self.trading.submit_order(market("MSFT", 1, BUY)))
        self.refused(422, 'order is already in \\"filled\\" state', self.trading.cancel_order_by_id, filled.id)
        self.settled(self.trading.close_position("MSFT"))
        other, _ = clients("BROKER_WITHOUT_PLAN")
        filled = self.settled(other.submit_order(market("MSFT", 1, BUY)), other)
        other.cancel_order_by_id(filled.id)
        self.assertEqual(other.get_order_by_id(filled.id).status, OrderStatus.FILLED)

    def test_15_after_the_close_an_order_waits_for_the_next_session(self):
        trading, _ = clients("BROKER_IN_HOURS")
        clock = trading.get_clock()
        order = trading.submit_order(market("MSFT", 1, BUY))
        self.assertEqual(order.status, OrderStatus.PENDING_NEW if clock.is_open else OrderStatus.ACCEPTED)
        self.assertEqual(order.expires_at, clock.next_close)

    def test_16_a_coin_is_bought_and_sold(self):
        order = self.settled(self.trading.submit_order(market("BTC/USD", 0.1, BUY, TimeInForce.GTC)))
        self.assertEqual(order.asset_class, AssetClass.CRYPTO)
        self.refused(422, "invalid crypto time_in_force", self.trading.submit_order, market("BTC/USD", 0.1, BUY))
        self.assertEqual(self.trading.get_asset("BTC/USD").asset_class, AssetClass.CRYPTO)
        self.assertEqual(self.trading.get_open_position("BTCUSD").qty, "0.1")
        self.settled(self.trading.close_position("BTCUSD"))

    def test_17_the_rate_limit_is_told_with_each_answer(self):
        keys = {"APCA-API-KEY-ID": "PKTEST", "APCA-API-SECRET-KEY": "secret"}
        left = []
        for _ in range(2):
            headers = requests.get(os.environ["BROKER_IN_HOURS"] + "/v2/clock", headers=keys, timeout=10).headers
            self.assertEqual(headers["X-RateLimit-Limit"], "200")
            self.assertTrue(0 < int(headers["X-RateLimit-Reset"]) - time.time() <= 61, headers)
            left.append(int(headers["X-RateLimit-Remaining"]))
        self.assertEqual(left[1], left[0] - 1)


if __name__ == "__main__":
    unittest.main(verbosity=1)
