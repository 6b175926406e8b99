; NVIDIA, hedged by EDZ once it has run hot or fallen; both have synthetic prices here.
(defsymphony "Hedge" {:asset-class "EQUITIES", :rebalance-frequency :daily}
  (weight-equal
    [(if (>= (rsi "NVDA" {:window 10}) 70)
       [(weight-specified 0.5 (asset "NVDA") 0.5 (asset "EDZ" "three times short emerging markets"))]
       [(if (<= (cumulative-return "NVDA" {:window 60}) -20)
          [(asset "EDZ")]
          [(weight-inverse-volatility 30 [(asset "NVDA") (asset "EDZ")])])])]))
