; Microsoft while it trades above its average, else NVIDIA and IBM.
(defsymphony "Defence" {:asset-class "EQUITIES", :rebalance-frequency :daily}
  (weight-equal
    [(if (> (current-price "MSFT") (moving-average-price "MSFT" {:window 50}))
       [(asset "MSFT")]
       [(weight-specified 0.5 (asset "NVDA") 0.5 (asset "IBM"))])]))
