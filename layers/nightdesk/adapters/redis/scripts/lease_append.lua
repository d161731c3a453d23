-- Adds entries to a stream if the lease is held by whoever sends them, as one step: whoever lost it changes nothing.
-- KEYS[1] the lease, KEYS[2] the stream; ARGV[1] `member|life`, ARGV[2] version, then each entry's rows.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for index = 3, #ARGV do
  redis.call('XADD', KEYS[2], '*', 'v', ARGV[2], 'rows', ARGV[index])
end
return 1
