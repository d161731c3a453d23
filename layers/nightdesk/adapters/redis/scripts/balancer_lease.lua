-- Renews the lease of an egress. KEYS[1] prefix; ARGV name, url, address, lease in ms, present instant or ''.
local now = tonumber(ARGV[5])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
-- Who does not know the address leaves the one that another process of the same egress knew.
local known = redis.call('HGET', KEYS[1] .. ':egresses', ARGV[1])
local address = ARGV[3] ~= '' and ARGV[3] or known and string.match(known, '^%d+|[^|]*|(.*)$') or ''
redis.call('HSET', KEYS[1] .. ':egresses', ARGV[1], (now + ARGV[4]) .. '|' .. ARGV[2] .. '|' .. address)
return now
