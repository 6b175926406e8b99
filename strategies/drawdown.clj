; Microsoft until it has fallen too far from its high, then whichever of Google and IBM has fallen least.
(defsymphony "Drawdown" {:asset-class "EQUITIES", :rebalance-frequency :daily}
  (weight-equal
    [(if (< (max-drawdown "MSFT" {:window 90}) 15)
       [(group "Calm" [(weight-equal [(asset "MSFT" "Microsoft")])])]
       [(group "Storm"
          [(weight-equal
             [(filter (max-drawdown {:window 90})
                      (select-bottom 1)
                      [(asset "GOOG") (asset "IBM")])])])])]))
