-- Folds in what came of a granted request.
-- KEYS[1] prefix; ARGV[1] the report as JSON; ARGV[2] the present instant, or '' for the server's.
local P = KEYS[1]
local r = cjson.decode(ARGV[1])
local now = tonumber(ARGV[2])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local at = now + r.skew
local function window(c)
  local key = P .. ':w:' .. c.id .. ':' .. c.subject .. ':' .. c.slot
  local name = c.id .. '|' .. c.subject
  redis.call('HDEL', P .. ':probe', name)
  local slot = math.floor(at / c.period)
  -- An answer from an older window may have been counted in the present one: it stays in flight and is taken over.
  if c.late == 0 and (slot == c.slot or not r.sent) and redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, 'inflight', -c.cost)
  end
  if not r.sent then
    if redis.call('EXISTS', key) == 1 then
      redis.call('HINCRBY', key, 'used', -c.cost)
      redis.call('HINCRBY', key, 'c' .. r.class, -c.cost)
      if c.late == 1 then redis.call('HINCRBY', key, 'late', -c.cost) end
    end
    return
  end
  if not c.used then return end
  redis.call('HSET', P .. ':known', name, 1)
  if slot == c.slot and at - slot * c.period >= c.guard then
    local used = tonumber(redis.call('HGET', key, 'used') or '0')
    if c.used > used then
      redis.call('HSET', key, 'used', c.used, 'carried', 1)
      redis.call('PEXPIRE', key, c.period * 2 + 60000)
      redis.call('HINCRBY', P .. ':s:' .. math.floor(now / 60000), 'folded', c.used - used)
    end
  end
end
local function decay(c)
  local key = P .. ':d:' .. c.id .. ':' .. c.subject
  if c.exhausted then
    redis.call('HSET', key, 'level', string.format('%.0f', c.limit * 1000000), 'at', now)
  elseif not r.sent then
    local level = tonumber(redis.call('HGET', key, 'level') or '0')
    redis.call('HSET', key, 'level', string.format('%.0f', math.max(0, level - c.cost * 1000000)))
  end
end
local function rate(c)
  local key = P .. ':r:' .. c.id .. ':' .. c.subject
  if c.exhausted then
    for _ = 1, c.limit do redis.call('LPUSH', key, now) end
    redis.call('LTRIM', key, 0, c.limit)
    redis.call('PEXPIRE', key, c.period + 60000)
  elseif not r.sent then
    for _ = 1, c.cost do redis.call('LPOP', key) end
  end
end
for _, c in ipairs(r.charges) do
  if c.kind == 'w' then window(c) elseif c.kind == 'd' then decay(c) else rate(c) end
end
if r.ban > 0 then
  local known = tonumber(redis.call('HGET', P .. ':bans', r.banned) or '0')
  redis.call('HSET', P .. ':bans', r.banned, math.max(known, now + r.ban))
end
local statistics = P .. ':s:' .. math.floor(now / 60000)
redis.call('HINCRBY', statistics, 'waited:' .. r.class .. ':' .. r.bucket, 1)
redis.call('HINCRBY', statistics, 'waited_ms:' .. r.class, r.waited)
if r.status == 429 or r.status == 418 then redis.call('HINCRBY', statistics, 'status:' .. r.status, 1) end
if not r.sent then redis.call('HINCRBY', statistics, 'unsent', 1) end
redis.call('PEXPIRE', statistics, 3700000)
return 1
