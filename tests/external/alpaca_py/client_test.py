"""alpaca-py against the simulated broker: orders, positions, account, assets, clock, calendar, bars, quotes."""

import datetime
import os
import time
import unittest

from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockBarsRequest, StockLatestQuoteRequest
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import GetCalendarRequest, GetOrdersRequest, LimitOrderRequest, MarketOrderRequest, ReplaceOrderRequest

BROKER = os.environ["BROKER"]


def limit(symbol, quantity, side, price, client_order_id=None):
    return LimitOrderRequest(
        symbol=symbol, qty=quantity, side=side, time_in_force=TimeInForce.DAY, limit_price=price, client_order_id=client_order_id
    )


class Client(unittest.TestCase):
    trading = TradingClient("PKTEST", "secret", paper=True, url_override=BROKER)
    data = StockHistoricalDataClient("PKTEST", "secret", url_override=BROKER)

    def settled(self, order):
        for _ in range(100):
            order = self.trading.get_order_by_id(order.id)
            if order.status in (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED):
                return order
            time.sleep(0.1)
        self.fail(f"{order.symbol} is still {order.status}")

    def test_1_an_order_fills_and_becomes_a_position(self):
        order = self.settled(self.trading.submit_order(limit("MSFT", 10, OrderSide.BUY, 50.5, "first")))
        self.assertEqual((order.status, order.filled_qty), (OrderStatus.FILLED, "10"))
        self.assertEqual(self.trading.get_order_by_client_id("first").id, order.id)
        position = self.trading.get_open_position("MSFT")
        self.assertEqual((position.qty, position.symbol), ("10", "MSFT"))
        self.assertIn("MSFT", [position.symbol for position in self.trading.get_all_positions()])

    def test_2_a_used_client_order_id_is_refused(self):
        with self.assertRaises(APIError) as refused:
            self.trading.submit_order(limit("MSFT", 10, OrderSide.BUY, 50.5, "first"))
        self.assertEqual(refused.exception.status_code, 422)
        self.assertIn("client_order_id must be unique", refused.exception.message)

    def test_3_a_resting_order_is_listed_replaced_and_cancelled(self):
        resting = self.trading.submit_order(limit("AAPL", 2, OrderSide.BUY, 50))
        listed = self.trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN, symbols=["AAPL"]))
        self.assertEqual([order.id for order in listed], [resting.id])
        replaced = self.trading.replace_order_by_id(resting.id, ReplaceOrderRequest(limit_price=51))
        self.trading.cancel_order_by_id(replaced.id)
        self.assertEqual(self.settled(replaced).status, OrderStatus.CANCELED)
        with self.assertRaises(APIError) as late:
            self.trading.cancel_order_by_id(replaced.id)
        self.assertEqual(late.exception.status_code, 422)

    def test_4_a_position_is_closed(self):
        order = self.settled(self.trading.close_position("MSFT"))
        self.assertEqual((order.side, order.filled_qty), (OrderSide.SELL, "10"))
        with self.assertRaises(APIError) as gone:
            self.trading.get_open_position("MSFT")
        self.assertEqual(gone.exception.status_code, 404)

    def test_5_an_order_in_dollars(self):
        request = MarketOrderRequest(symbol="AAPL", notional=250, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
        self.assertEqual(self.settled(self.trading.submit_order(request)).status, OrderStatus.FILLED)

    def test_6_account_asset_clock_and_calendar(self):
        account = self.trading.get_account()
        self.assertFalse(account.trading_blocked)
        self.assertGreater(float(account.equity), 99_000)
        self.assertTrue(self.trading.get_asset("MSFT").fractionable)
        self.assertTrue(self.trading.get_clock().is_open, "this broker trades around the clock")
        start = datetime.date(2012, 11, 19)
        days = self.trading.get_calendar(GetCalendarRequest(start=start, end=start + datetime.timedelta(days=6)))
        self.assertEqual(len(days), 7)

    def test_7_bars_and_quotes(self):
        request = StockBarsRequest(
            symbol_or_symbols=["MSFT", "AAPL"], timeframe=TimeFrame.Day, start=datetime.datetime(2012, 3, 1), end=datetime.datetime(2012, 3, 9)
        )
        bars = self.data.get_stock_bars(request)
        self.assertEqual({bar.close for bar in bars["MSFT"]}, {50.0})
        self.assertEqual([bar.timestamp.date().isoformat() for bar in bars["AAPL"]][:2], ["2012-03-01", "2012-03-02"])
        quote = self.data.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="MSFT"))["MSFT"]
        self.assertLess(quote.bid_price, quote.ask_price)

    def test_8_wrong_keys_are_refused(self):
        with self.assertRaises(APIError) as refused:
            TradingClient("PKTEST", "wrong", paper=True, url_override=BROKER).get_account()
        self.assertIn(refused.exception.status_code, (401, 403))


if __name__ == "__main__":
    unittest.main(verbosity=1)
