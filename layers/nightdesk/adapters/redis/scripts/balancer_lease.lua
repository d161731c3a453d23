-- Renews the lease of an egress. KEYS[1] prefix; ARGV name, url, address, lease in ms, present instant or ''.
local now = tonumber(ARGV[5])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
redis.call('HSET', KEYS[1] .. ':egresses', ARGV[1], (now + ARGV[4]) .. '|' .. ARGV[2] .. '|' .. ARGV[3])
return now
