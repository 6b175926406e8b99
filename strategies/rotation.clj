; The better of two groups by what they would have earned in the last quarter: growth, or defence with EDZ in bad times.
(defsymphony "Rotation" {:asset-class "EQUITIES", :rebalance-frequency :daily}
  (weight-equal
    [(filter (cumulative-return {:window 63})
       (select-top 1)
       [(group "Growth"
          [(weight-equal
             [(filter (moving-average-return {:window 21})
                      (select-top 2)
                      [(asset "NVDA") (asset "AAPL") (asset "GOOG")])])])
        (group "Defence"
          [(weight-equal
             [(asset "IBM")
              (if (< (current-price "MSFT") (moving-average-price "MSFT" {:window 100}))
                (asset "EDZ")
                (asset "MSFT"))])])])]))
