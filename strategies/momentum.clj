; Hold the two strongest of three large companies, unless the market has run hot.
(defsymphony "Momentum" {:asset-class "EQUITIES", :rebalance-frequency :daily}
  (weight-equal
    [(if (> (rsi "MSFT" {:window 10}) 79)
       [(asset "EDZ" "a hedge")]
       [(filter (cumulative-return {:window 20})
                (select-top 2)
                [(asset "MSFT") (asset "AAPL") (asset "IBM")])])]))
