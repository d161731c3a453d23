-- Puts a part's status beside those of the venue's other parts, and tells the venue's: as bad as the worst of them.
-- KEYS[1] the venue's status, KEYS[2] its parts; ARGV[1] number of the part, ARGV[2] of how many, ARGV[3] its status,
-- ARGV[4] the present instant as text, ARGV[5] after how many milliseconds a part that says nothing is down,
-- ARGV[6] for how many seconds the venue's status stands.
local rank = {live = 0, stale = 1, down = 2}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local own = cjson.decode(ARGV[3])
own.told_ms = now
redis.call('HSET', KEYS[2], ARGV[1] .. '/' .. ARGV[2], cjson.encode(own))
redis.call('PEXPIRE', KEYS[2], ARGV[5])

local known = redis.call('GET', KEYS[1])
known = known and cjson.decode(known) or {}
local missing = {state = 'down', since = known.state == 'down' and known.since or ARGV[4], last_message_at = cjson.null}
local worst = nil
for number = 0, ARGV[2] - 1 do
  local text = redis.call('HGET', KEYS[2], number .. '/' .. ARGV[2])
  local part = text and cjson.decode(text)
  if not part or part.told_ms + ARGV[5] < now then part = missing end
  if not worst then
    worst = {v = 1, venue = own.venue, state = part.state, since = part.since, last_message_at = part.last_message_at,
      note = part.note or cjson.null}
  else
    if part.state == worst.state then
      local is_earlier = part.since < worst.since
      if is_earlier == (worst.state ~= 'live') then worst.since = part.since end
    elseif rank[part.state] > rank[worst.state] then
      worst.state, worst.since = part.state, part.since
    end
    local at, oldest = part.last_message_at, worst.last_message_at
    if oldest == cjson.null or (at ~= cjson.null and at < oldest) then worst.last_message_at = at end
    if worst.note == cjson.null then worst.note = part.note or cjson.null end
  end
end
local told = cjson.encode(worst)
redis.call('SET', KEYS[1], told, 'EX', ARGV[6])
redis.call('PUBLISH', KEYS[1], told)
return told
