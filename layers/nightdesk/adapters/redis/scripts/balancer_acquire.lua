-- Takes a place in a venue's budget, or tells how long to wait. One call decides and charges.
-- All figures are integers, times in milliseconds. tests/fakes/budget.py says the same in Python; a contract
-- test runs both side by side.
-- KEYS[1] prefix `balancer:{venue}`; ARGV[1] the question as JSON; ARGV[2] the present instant, or '' for the server's.
local P = KEYS[1]
local q = cjson.decode(ARGV[1])
local now = tonumber(ARGV[2])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local at = now + q.skew
local class = q.class
local NEVER = 1e15
local STARVED = 2000
local PROBE = 10000

redis.call('SET', P .. ':boot', now, 'NX')
local boot = tonumber(redis.call('GET', P .. ':boot'))

local function pairs_of(key)
  local flat, made = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do made[flat[i]] = flat[i + 1] end
  return made
end

-- Who waits: field `limit|subject|class` -> 'until|since'.
local marks = pairs_of(P .. ':waiting')
local function mark_of(l, subject, k)
  local text = marks[l.id .. '|' .. subject .. '|' .. k]
  if not text then return nil end
  local until_at, since = string.match(text, '^(%d+)|(%d+)$')
  if tonumber(until_at) <= now then return nil end
  return tonumber(since)
end
local function mark_name(l) return l.scope == 'k' and q.key or '*' end

local function slot_key(l, subject, slot) return P .. ':w:' .. l.id .. ':' .. subject .. ':' .. slot end

-- The state of a window; at its first touch it takes over what the last one left in flight.
local function window_of(l, subject)
  local slot = math.floor(at / l.period)
  local key = slot_key(l, subject, slot)
  local f = redis.call('HMGET', key, 'used', 'carried', 'c0', 'c1', 'c2', 'c3')
  local before = redis.call('HMGET', slot_key(l, subject, slot - 1), 'used', 'inflight', 'late')
  local used = tonumber(f[1] or '0')
  if not f[2] then
    used = used + math.max(0, tonumber(before[2] or '0')) + tonumber(before[3] or '0')
    -- What was used before the budget was made or lost is unknown; without a header to tell, half is taken for gone.
    if not l.header and slot == math.floor((boot + q.skew) / l.period) then used = used + math.floor(l.limit / 2) end
    redis.call('HSET', key, 'used', used, 'carried', 1)
    redis.call('PEXPIRE', key, l.period * 2 + 60000)
  end
  local into = at - slot * l.period
  return {
    kind = 'w', l = l, subject = subject, key = key, slot = slot, used = used, before = tonumber(before[1] or '0'),
    class_used = tonumber(f[3 + class] or '0'),
    by_class = { tonumber(f[3] or '0'), tonumber(f[4] or '0'), tonumber(f[5] or '0'), tonumber(f[6] or '0') },
    into = into, left = l.period - into, load = math.floor(used * 1000000 / l.limit),
  }
end

-- Whether the priority stays within its own guaranteed part of the limit.
local function within_own(s)
  return s.class_used + s.l.cost <= math.floor(s.l.limit * q.shares[class + 1] / 1000)
end

-- What other priorities keep, and how fast that is set free per period.
local function reserve_of(s)
  local reserve, slope, own = 0, 0, within_own(s)
  for k = 0, 3 do
    local share = math.floor(s.l.limit * q.shares[k + 1] / 1000)
    if k < class then
      local kept = math.ceil(share * s.left / s.l.period)
      if k == 0 then kept = math.max(kept, math.floor(s.l.limit * 4 / 1000)) end
      reserve = reserve + kept
      slope = slope + share
    elseif k > class and not own and mark_of(s.l, mark_name(s.l), k) then
      reserve = reserve + math.max(0, share - s.by_class[k + 1])
    end
  end
  return reserve, slope
end

-- Until the venue has told what an address or key has used, one request at a time finds out.
local function unknown_wait(s)
  local l = s.l
  if not l.header then return 0 end
  local name = l.id .. '|' .. s.subject
  if redis.call('HEXISTS', P .. ':known', name) == 1 then return 0 end
  local probe = tonumber(redis.call('HGET', P .. ':probe', name) or '0')
  if now - probe < PROBE then return 50 end
  s.probe = name
  return 0
end

local function window_wait(s)
  local l, cost = s.l, s.l.cost
  local unknown = unknown_wait(s)
  if unknown > 0 then return unknown, 'unknown' end
  if s.into < l.guard and s.before + cost > l.limit then return l.guard - s.into, 'edge' end
  if s.used + cost > l.limit then return s.left + l.guard, 'used_up' end
  if not l.pooled then return 0 end
  for k = 0, class - 1 do
    if mark_of(l, mark_name(l), k) and not within_own(s) then return 50, 'priority' end
  end
  local reserve, slope = reserve_of(s)
  local excess = s.used + cost + reserve - l.limit
  if excess <= 0 then return 0 end
  if slope == 0 then return math.min(50, s.left + l.guard), 'priority' end
  return math.min(s.left + l.guard, math.max(10, math.ceil(excess * l.period / slope))), 'priority'
end

-- Someone of a lower priority who has waited too long goes first, once.
local function starving_below(l)
  for k = class + 1, 3 do
    local since = mark_of(l, mark_name(l), k)
    if since and now - since > STARVED then return true end
  end
  return false
end

-- The part of a counter or rate this priority may fill, of 1000.
local function ceiling_of(l)
  if not l.pooled then return 1000 end
  local since = mark_of(l, mark_name(l), class)
  if since and now - since > STARVED then return 1000 end
  local ceiling = 1000
  for k = 0, class - 1 do ceiling = ceiling - q.shares[k + 1] end
  return ceiling
end

local function decay_of(l, subject)
  local key = P .. ':d:' .. l.id .. ':' .. subject
  local f = redis.call('HMGET', key, 'level', 'at')
  local level, since = tonumber(f[1]), tonumber(f[2])
  if not level then level, since = l.limit * 1000000, boot end
  level = math.max(0, level - (now - since) * l.decay)
  return { kind = 'd', l = l, subject = subject, key = key, level = level, load = math.floor(level / l.limit) }
end

local function decay_wait(s)
  local l, need = s.l, s.l.cost * 1000000
  if l.pooled and starving_below(l) then return 20, 'priority' end
  local ceiling = math.max(math.floor(l.limit * 1000 * ceiling_of(l)), need)
  local over = s.level + need - ceiling
  if over <= 0 then return 0 end
  return math.ceil(over / l.decay), 'used_up'
end

local function rate_of(l, subject)
  local key = P .. ':r:' .. l.id .. ':' .. subject
  return { kind = 'r', l = l, subject = subject, key = key, load = math.floor(redis.call('LLEN', key) * 1000000 / l.limit) }
end

local function rate_wait(s)
  local l, cost = s.l, s.l.cost
  -- Whoever used the budget before it was made or lost took no more than it ever grants: what it always leaves is free.
  if now - boot < l.period then
    local free = math.min(l.spare, math.max(cost, math.floor(l.spare * ceiling_of(l) / 1000)))
    if redis.call('LLEN', s.key) + cost > free then return boot + l.period - now, 'unknown' end
    return 0
  end
  if l.pooled and starving_below(l) then return 20, 'priority' end
  local allowed = math.max(cost, math.floor(l.limit * ceiling_of(l) / 1000))
  local oldest = tonumber(redis.call('LINDEX', s.key, allowed - cost) or '')
  if oldest and oldest > now - l.period then return oldest + l.period - now, 'used_up' end
  return 0
end

local OF = { w = window_of, d = decay_of, r = rate_of }
local WAIT = { w = window_wait, d = decay_wait, r = rate_wait }

local function weigh(scope, subject)
  local states, wait, reason, load, pooled = {}, 0, '', 0, false
  for _, l in ipairs(q.limits) do
    if l.scope == scope then
      local s = OF[l.kind](l, subject)
      local w, why = WAIT[l.kind](s)
      if w > wait then wait, reason, pooled = w, why, l.pooled end
      states[#states + 1] = s
      if l.pooled then load = math.max(load, s.load) end
    end
  end
  return { subject = subject, states = states, wait = wait, reason = reason, load = load, pooled = pooled }
end

local function refuse(wait, reason, mark)
  wait = math.max(1, math.ceil(wait))
  if mark then
    for _, l in ipairs(q.limits) do
      if l.pooled then
        local name = l.id .. '|' .. mark_name(l) .. '|' .. class
        local since = mark_of(l, mark_name(l), class) or now
        redis.call('HSET', P .. ':waiting', name, (now + wait + 250) .. '|' .. since)
        if l.scope == 'e' then
          if l.kind ~= 'w' then redis.call('HSET', P .. ':queue:' .. l.id, q.tenant, now + wait + 250) end
          if l.kind == 'w' then
            local hungry = P .. ':h:' .. l.id .. ':' .. math.floor(at / l.period)
            redis.call('HSET', hungry, q.tenant, 1)
            redis.call('PEXPIRE', hungry, l.period * 2 + 60000)
          end
        end
      end
    end
  end
  local statistics = P .. ':s:' .. math.floor(now / 60000)
  redis.call('HINCRBY', statistics, 'refused:' .. reason, 1)
  redis.call('PEXPIRE', statistics, 3700000)
  return { 0, wait, reason }
end

-- The most a tenant may have so that all who want more have as much. Who got all he asked for in the last window is
-- taken to want a quarter more than that now; everybody else, without end.
local function fair_level(l, members, free, slot, took)
  local before, refused = pairs_of(P .. ':t:' .. l.id .. ':' .. slot - 1), pairs_of(P .. ':h:' .. l.id .. ':' .. slot - 1)
  local refused_now = pairs_of(P .. ':h:' .. l.id .. ':' .. slot)
  local want, hungry = {}, refused_now
  for _, m in ipairs(members) do
    local modest = before[m] and not refused[m] and not refused_now[m] and m ~= q.tenant
    want[m] = modest and math.max(math.floor(tonumber(before[m]) * 5 / 4), tonumber(took[m] or '0')) or NEVER
  end
  local level = math.floor(free / #members)
  for _ = 1, 4 do
    local rest, others = free, 0
    for _, m in ipairs(members) do
      if want[m] < level then rest = rest - want[m] else others = others + 1 end
    end
    level = math.floor(rest / math.max(1, others))
  end
  return level, want, hungry
end

-- How much of a share is still kept at this age of the window, of 1000.
local function hold_of(age, from, to)
  if age <= from then return 1000 end
  return math.max(0, math.floor((to - age) * 1000 / (to - from)))
end

-- Fair shares of a window: whoever passes his share leaves the others theirs, until the window grows old.
local function window_share_wait(l, allowed, used, slot, into)
  local known = P .. ':tenants:' .. l.id
  redis.call('ZADD', known, now, q.tenant)
  redis.call('ZREMRANGEBYSCORE', known, '-inf', now - 2 * l.period)
  local members = redis.call('ZRANGE', known, 0, -1)
  if #members <= 1 then return 0 end
  local free = allowed
  for k = 0, class - 1 do
    free = free - math.floor(allowed * q.shares[k + 1] * (l.period - into) / (1000 * l.period))
  end
  local took = pairs_of(P .. ':t:' .. l.id .. ':' .. slot)
  local mine = tonumber(took[q.tenant] or '0') + l.cost
  if mine <= math.floor(free / #members) then return 0 end
  local level, want, hungry = fair_level(l, members, free, slot, took)
  if mine <= level then return 0 end
  -- A share nobody comes for is set free from the middle of the window on; one that is waited for, at its end.
  local age, kept = math.floor(into * 1000 / l.period), 0
  local idle_hold, hungry_hold = hold_of(age, 500, 900), hold_of(age, 850, 970)
  for _, m in ipairs(members) do
    if m ~= q.tenant then
      local due = math.max(0, math.min(want[m], level) - tonumber(took[m] or '0'))
      kept = kept + math.floor(due * (hungry[m] and hungry_hold or idle_hold) / 1000)
    end
  end
  if used + l.cost + kept <= allowed then return 0 end
  return math.max(20, math.floor(l.period / 60))
end

-- Fair shares of a counter or rate: whoever had more lets another who waits go first.
local function flow_share_wait(l)
  local took = pairs_of(P .. ':t:' .. l.id .. ':' .. math.floor(now / 10000))
  local mine = tonumber(took[q.tenant] or '0')
  if mine == 0 then return 0 end
  for tenant, until_at in pairs(pairs_of(P .. ':queue:' .. l.id)) do
    if tonumber(until_at) <= now then
      redis.call('HDEL', P .. ':queue:' .. l.id, tenant)
    elseif tenant ~= q.tenant and tonumber(took[tenant] or '0') < mine then
      return 20
    end
  end
  return 0
end

local function share_wait(pool, candidates, chosen)
  if class < 2 then return 0 end
  for _, s in ipairs(chosen.states) do
    -- Reads of what is live serve everybody; only past their own part are they counted to who asks.
    if class == 2 and s.kind == 'w' and s.l.pooled and within_own(s) then return 0 end
  end
  for _, l in ipairs(q.limits) do
    if l.pooled and l.scope == 'e' then
      local wait
      if l.kind == 'w' then
        local used, slot, into = 0, 0, 0
        for _, c in ipairs(candidates) do
          for _, s in ipairs(c.states) do
            if s.l.id == l.id then used, slot, into = used + math.min(s.used, l.limit), s.slot, s.into end
          end
        end
        wait = window_share_wait(l, l.limit * pool, used, slot, into)
      else
        wait = flow_share_wait(l)
      end
      if wait > 0 then return wait end
    end
  end
  return 0
end

-- 1. Which egresses are alive, not banned, and allowed for this key.
local leases, bans = pairs_of(P .. ':egresses'), pairs_of(P .. ':bans')
local function ban_of(name) return tonumber(bans[name] or '0') end
local names, spare, urls, sooner, excluded = {}, {}, {}, NEVER, {}
for _, name in ipairs(q.exclude) do excluded[name] = true end
for name, lease in pairs(leases) do
  local until_at, url = string.match(lease, '^(%d+)|([^|]*)|')
  if tonumber(until_at) > now and (q.only == name or (q.only == '' and url ~= '-')) then
    urls[name] = url
    if ban_of(name) > now then sooner = math.min(sooner, ban_of(name))
    elseif excluded[name] then spare[#spare + 1] = name
    else names[#names + 1] = name end
  end
end
if #names == 0 then names = spare end
table.sort(names)
if q.key ~= '' and ban_of('key:' .. q.key) > now then return refuse(ban_of('key:' .. q.key) - now, 'banned') end
local bound = q.pin > 0 and q.key ~= '' and redis.call('HGET', P .. ':bound', q.key) or nil
if bound and q.pin == 2 then
  if not urls[bound] then return refuse(250, 'egress_down') end
  if ban_of(bound) > now then return refuse(ban_of(bound) - now, 'banned') end
  names = { bound }
end
if #names == 0 then
  if sooner < NEVER then return refuse(sooner - now, 'banned') end
  return refuse(250, 'no_egress')
end

-- 2. The key's own limits, then every egress's; the least used egress with a place is taken.
local mine = weigh('k', q.key)
if mine.wait > 0 then return refuse(mine.wait, mine.reason, mine.pooled) end
local candidates, chosen = {}, nil
for _, name in ipairs(names) do
  local c = weigh('e', name)
  candidates[#candidates + 1] = c
  local fits = c.wait == 0 and (q.pin ~= 2 or not bound or bound == name)
  if fits and (not chosen or name == bound or (chosen.subject ~= bound and c.load < chosen.load)) then chosen = c end
end
if not chosen then
  local best
  for _, c in ipairs(candidates) do
    if (q.pin ~= 2 or not bound or bound == c.subject) and (not best or c.wait < best.wait) then best = c end
  end
  return refuse(best.wait, best.reason, best.pooled)
end
local shared = share_wait(#names, candidates, chosen)
if shared > 0 then return refuse(shared, 'fair_share', true) end

-- 3. Charge.
local charges = {}
local function charge(s)
  local l, slot, late = s.l, 0, 0
  if s.kind == 'w' then
    slot = s.slot
    late = s.left <= l.guard and 1 or 0
    redis.call('HINCRBY', s.key, 'used', l.cost)
    redis.call('HINCRBY', s.key, 'c' .. class, l.cost)
    redis.call('HINCRBY', s.key, late == 1 and 'late' or 'inflight', l.cost)
    redis.call('PEXPIRE', s.key, l.period * 2 + 60000)
    if s.into < l.guard then redis.call('HINCRBY', slot_key(l, s.subject, slot - 1), 'used', l.cost) end
    if s.probe then redis.call('HSET', P .. ':probe', s.probe, now) end
  elseif s.kind == 'd' then
    redis.call('HSET', s.key, 'level', string.format('%.0f', s.level + l.cost * 1000000), 'at', now)
    redis.call('PEXPIRE', s.key, math.ceil(l.limit * 1000000 / l.decay) + 86400000)
  else
    for _ = 1, l.cost do redis.call('LPUSH', s.key, now) end
    redis.call('LTRIM', s.key, 0, l.limit)
    redis.call('PEXPIRE', s.key, l.period + 60000)
  end
  if l.pooled then
    redis.call('HDEL', P .. ':waiting', l.id .. '|' .. mark_name(l) .. '|' .. class)
    if l.scope == 'e' then
      local took = P .. ':t:' .. l.id .. ':' .. (s.kind == 'w' and slot or math.floor(now / 10000))
      redis.call('HINCRBY', took, q.tenant, l.cost)
      redis.call('PEXPIRE', took, math.max(20000, l.period * 2 + 60000))
      if s.kind ~= 'w' then redis.call('HDEL', P .. ':queue:' .. l.id, q.tenant) end
    end
  end
  charges[#charges + 1] = l.id .. '|' .. s.subject .. '|' .. slot .. '|' .. late
end
for _, s in ipairs(mine.states) do charge(s) end
for _, s in ipairs(chosen.states) do charge(s) end
if q.pin > 0 and q.key ~= '' and bound ~= chosen.subject then redis.call('HSET', P .. ':bound', q.key, chosen.subject) end
local statistics = P .. ':s:' .. math.floor(now / 60000)
redis.call('HINCRBY', statistics, 'granted:' .. class, 1)
redis.call('PEXPIRE', statistics, 3700000)
return { 1, chosen.subject, urls[chosen.subject] or '', charges }
