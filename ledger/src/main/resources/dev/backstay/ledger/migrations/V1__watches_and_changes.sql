-- Times are milliseconds since 1970; 0 stands for never. The same words work in SQLite and in PostgreSQL.
CREATE TABLE watch (
  kind         TEXT   NOT NULL,
  account      TEXT   NOT NULL,
  job          TEXT   NOT NULL,
  wish         TEXT   NOT NULL,
  began_ms     BIGINT NOT NULL,
  ready_ms     BIGINT NOT NULL,
  state        TEXT   NOT NULL,
  resumes      BIGINT NOT NULL,
  resumed_ms   BIGINT NOT NULL,
  step         BIGINT NOT NULL,
  step_ms      BIGINT NOT NULL,
  saved_step   BIGINT NOT NULL,
  saved_ms     BIGINT NOT NULL,
  holder       TEXT   NOT NULL,
  held_ms      BIGINT NOT NULL,
  ended_ms     BIGINT NOT NULL,
  ending       TEXT   NOT NULL,
  PRIMARY KEY (kind, account, job)
);

CREATE INDEX watch_unfinished ON watch (ended_ms);

CREATE TABLE change (
  id           TEXT   NOT NULL PRIMARY KEY,
  at_ms        BIGINT NOT NULL,
  account      TEXT   NOT NULL,
  resource     TEXT   NOT NULL,
  what         TEXT   NOT NULL,
  evidence     TEXT   NOT NULL,
  applied      BIGINT NOT NULL
);

CREATE INDEX change_by_resource ON change (account, resource, at_ms);
