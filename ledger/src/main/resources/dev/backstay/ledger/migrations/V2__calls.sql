-- How many attempts ended how, by minute. A process has rows of its own, which hold how many there were: writing one twice changes nothing.
CREATE TABLE attempt_tally (
  minute_ms         BIGINT NOT NULL,
  source            TEXT   NOT NULL,
  host              TEXT   NOT NULL,
  model             TEXT   NOT NULL,
  outcome           TEXT   NOT NULL,
  phase             TEXT   NOT NULL,
  acknowledged      TEXT   NOT NULL,
  status            BIGINT NOT NULL,
  attempts          BIGINT NOT NULL,
  prompt_tokens     BIGINT NOT NULL,
  cached_tokens     BIGINT NOT NULL,
  completion_tokens BIGINT NOT NULL,
  PRIMARY KEY (minute_ms, source, host, model, outcome, phase, acknowledged, status)
);

-- What the addresses of a host did when connections to them were tried.
CREATE TABLE address_tally (
  minute_ms         BIGINT NOT NULL,
  source            TEXT   NOT NULL,
  host              TEXT   NOT NULL,
  address           TEXT   NOT NULL,
  answer            TEXT   NOT NULL,
  tries             BIGINT NOT NULL,
  PRIMARY KEY (minute_ms, source, host, address, answer)
);

-- The lives of calls that somebody will ask about.
CREATE TABLE call_record (
  id                TEXT   NOT NULL,
  source            TEXT   NOT NULL,
  arrived_ms        BIGINT NOT NULL,
  took_ms           BIGINT NOT NULL,
  first_event_ms    BIGINT NOT NULL,
  operation         TEXT   NOT NULL,
  workload          TEXT   NOT NULL,
  priority          TEXT   NOT NULL,
  host              TEXT   NOT NULL,
  model             TEXT   NOT NULL,
  streamed          BIGINT NOT NULL,
  attempts          BIGINT NOT NULL,
  outcome           TEXT   NOT NULL,
  phase             TEXT   NOT NULL,
  acknowledged      TEXT   NOT NULL,
  status            BIGINT NOT NULL,
  gave_up           TEXT   NOT NULL,
  delivered         BIGINT NOT NULL,
  message           TEXT   NOT NULL,
  request_id        TEXT   NOT NULL,
  prompt_tokens     BIGINT NOT NULL,
  cached_tokens     BIGINT NOT NULL,
  completion_tokens BIGINT NOT NULL,
  life              TEXT   NOT NULL,
  PRIMARY KEY (id, source, arrived_ms)
);

CREATE INDEX call_record_by_time ON call_record (arrived_ms);
CREATE INDEX call_record_by_request ON call_record (request_id);
