; Three companies, each held while its fast average is above its slow one, cash in its place otherwise.
(defsymphony "Crossover" {:asset-class "EQUITIES", :rebalance-frequency :weekly}
  (weight-equal
    [(if (> (exponential-moving-average-price "MSFT" {:window 12}) (moving-average-price "MSFT" {:window 50}))
       (asset "MSFT") (asset "CASH"))
     (if (> (exponential-moving-average-price "AAPL" {:window 12}) (moving-average-price "AAPL" {:window 50}))
       (asset "AAPL") (asset "CASH"))
     (if (> (exponential-moving-average-price "GOOG" {:window 12}) (moving-average-price "GOOG" {:window 50}))
       (asset "GOOG") (asset "CASH"))]))
