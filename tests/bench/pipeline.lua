-- wrk sends sixteen requests at once, and the next sixteen when all answers are there.
init = function(args)
    local requests = {}
    for number = 1, 16 do
        requests[number] = wrk.format(nil, wrk.path)
    end
    sixteen = table.concat(requests)
end

request = function()
    return sixteen
end
