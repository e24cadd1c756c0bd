"""Further analyses of a channel's answers: what stands beside the rates and never replaces them.

`standings` where units stand and how sure that is; `importance` what moves overall satisfaction; `soundness` whether
the scales and the answers can be trusted; `course` what happened while the wave ran; `contrasts` the difference from
the drawn channel and from the wave before; `participation` how many forms were issued, came back and are valid;
`weighting` what weighting to the frame costs. `making` puts them together, `reading` says what a person may see of
them.
"""
