; The less volatile of Microsoft and IBM takes more; Apple joins while it leads both.
(defsymphony "Pair" {:asset-class "EQUITIES", :rebalance-frequency :daily}
  (weight-specified
    70 (weight-inverse-volatility 20 [(asset "MSFT") (asset "IBM")])
    30 (if (> (moving-average-return "AAPL" {:window 30})
              (moving-average-return "MSFT" {:window 30}))
         (asset "AAPL")
         (asset "IBM"))))
