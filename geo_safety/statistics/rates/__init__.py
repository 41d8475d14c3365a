"""How much busier than the study is this neighbourhood: noise, prior, posterior and the strict test."""
