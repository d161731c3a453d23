-- Readers ask whether longer bars of a series were told rather than rolled up; hardly any were.
CREATE INDEX candle_loads_longer ON candle_loads (series_id) WHERE resolution IN ('1h', '1d');
